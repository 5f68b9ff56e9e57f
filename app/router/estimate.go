package router

// What is assumed of a place where nothing was measured there.
const (
	bandwidthUsual = 15e9 // bytes a second that a processor reads weights with, to write a token
	sizeUsual      = 4e9  // bytes of a model whose size is not known
	promptFactor   = 6    // how many times faster a prompt is read than a reply is written
	loadPerSecond  = 5e8  // bytes
	hotFactor      = 2    // how many times slower a device is that is too hot
	shareEach      = 0.35 // by how much one more reply at the same time slows each down
)

// seconds is how long the reply takes, from being asked for to its end: one round trip, what runs before, loading, reading
// the prompt, and writing.
func (w Wish) seconds(p Place, m Model) float64 {
	write := p.speed(m)
	read := m.PromptPerSecond
	if read <= 0 {
		read = write * promptFactor
	}
	beside := p.Running
	if p.AtOnce > 0 {
		beside = min(beside, p.AtOnce-1)
	}
	work := float64(w.PromptTokens)/read + float64(w.ReplyTokens)/write
	work *= 1 + shareEach*float64(beside)
	if p.Hot {
		work *= hotFactor
	}
	total := p.RTT.Seconds() + work*(1+p.turns())
	if !m.Loaded && p.Kind != KindServer {
		total += float64(m.SizeBytes) / loadPerSecond
	}
	return total
}

// turns is how many replies end before this one has its turn, each taken to be as long as this one: those that wait and
// one that runs, shared among all that are written at once.
func (p Place) turns() float64 {
	if p.AtOnce <= 0 || p.Running+p.Waiting < p.AtOnce {
		return 0
	}
	return float64(p.Waiting+1) / float64(p.AtOnce)
}

// speed is how many tokens a second m writes at p: as measured, or else as its size and what was measured of other models
// there let expect. A token reads all weights once, so speed times size is the same for all.
func (p Place) speed(m Model) float64 {
	if m.TokensPerSecond > 0 {
		return m.TokensPerSecond
	}
	size := float64(m.SizeBytes)
	if size <= 0 {
		size = sizeUsual
	}
	return p.bandwidth() / size
}

// bandwidth is the highest that a measured model shows.
func (p Place) bandwidth() float64 {
	most := 0.0
	for _, m := range p.Models {
		most = max(most, m.TokensPerSecond*float64(m.SizeBytes))
	}
	if most == 0 {
		return bandwidthUsual
	}
	return most
}
