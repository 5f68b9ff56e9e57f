package devicespage

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2/lang"

	"croft/app/ui/look"
)

const (
	apart   = "    " // stands between figures in one line
	noBreak = "\u00a0"
)

// runs is "Qwen3 4B · Q4_K_M and 2 more".
func runs(all []Model) string {
	switch len(all) {
	case 0:
		return lang.L("no model")
	case 1:
		return modelName(all[0])
	}
	return lang.L("{{.Model}} and {{.Count}} more", map[string]string{"Model": modelName(all[0]), "Count": strconv.Itoa(len(all) - 1)})
}

func modelName(m Model) string {
	if m.Quant == "" {
		return m.Name
	}
	return m.Name + " · " + m.Quant
}

// speed is what the device reaches with the model it would use first.
func speed(d Device) float64 {
	if len(d.Models) == 0 {
		return 0
	}
	return d.Models[0].TokensPerSecond
}

// together is "38 tok/s    answers, models    mains". A line is broken between the parts, not inside one.
func together(parts ...string) string {
	var whole []string
	for _, s := range parts {
		if s != "" {
			whole = append(whole, strings.ReplaceAll(s, " ", noBreak))
		}
	}
	return strings.Join(whole, apart)
}

func rate(d Device) string {
	if r := speed(d); r > 0 {
		return look.Rate(r)
	}
	return ""
}

// doing is what a device runs on and does now, which only one that answers can tell.
func doing(d Device) []string {
	if !d.Online {
		return nil
	}
	var parts []string
	if d.Battery.Has {
		parts = append(parts, power(d.Battery))
	}
	if d.Hot {
		parts = append(parts, lang.L("hot"))
	}
	if d.Running > 0 {
		parts = append(parts, busy(d.Running, d.Waiting))
	}
	return parts
}

func power(b Battery) string {
	percent := map[string]string{"Percent": look.Percent(float64(b.Percent) / 100)}
	if b.Charging {
		return lang.L("charging, {{.Percent}}", percent)
	}
	return lang.L("battery {{.Percent}}", percent)
}

func busy(running, waiting int) string {
	count := map[string]string{"Running": strconv.Itoa(running), "Waiting": strconv.Itoa(waiting)}
	switch {
	case waiting > 0:
		return lang.L("writing {{.Running}}, {{.Waiting}} waiting", count)
	case running == 1:
		return lang.L("writing a reply")
	}
	return lang.L("writing {{.Running}} replies", count)
}

// lends names what a device lets this one do.
func lends(r Rights) string {
	var parts []string
	if r.Answers {
		parts = append(parts, lang.L("answers"))
	}
	if r.Models {
		parts = append(parts, lang.L("models"))
	}
	if len(parts) == 0 {
		return lang.L("nothing lent")
	}
	return strings.Join(parts, ", ")
}

// seen is "Last seen yesterday".
func (p *Page) seen(at time.Time) string {
	if at.IsZero() {
		return lang.L("Not seen yet")
	}
	if day := p.day(at); day != lang.L("Today") {
		return lang.L("Last seen {{.Day}}", map[string]string{"Day": uncapital(day)})
	}
	return lang.L("Last seen {{.Day}}", map[string]string{"Day": at.Format("15:04")})
}

// uncapital writes a word as it stands inside a sentence.
func uncapital(day string) string {
	if day == lang.L("Yesterday") {
		return lang.L("yesterday")
	}
	return day
}

// day is "Today", "Yesterday", or a date.
func (p *Page) day(at time.Time) string {
	now := p.now()
	at = at.In(now.Location())
	switch days := int(midnight(now).Sub(midnight(at)).Hours()+12) / 24; {
	case days <= 0:
		return lang.L("Today")
	case days == 1:
		return lang.L("Yesterday")
	}
	if at.Year() == now.Year() {
		return at.Format("2 January")
	}
	return at.Format("2 January 2006")
}

func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, t.Location())
}

// host is an address without its port.
func host(address string) string {
	if a, err := netip.ParseAddrPort(address); err == nil {
		return a.Addr().String()
	}
	return address
}

// countdown is "1:42".
func countdown(left time.Duration) string {
	s := max(0, int(left.Round(time.Second).Seconds()))
	return strconv.Itoa(s/60) + ":" + strconv.Itoa(100 + s%60)[1:]
}
