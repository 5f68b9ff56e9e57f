package sample

// Advice is what a model's maker recommends; nil is no recommendation. A person's own choice goes before it.
type Advice struct {
	Temperature   *float64
	TopK          *int
	TopP          *float64
	MinP          *float64
	RepeatPenalty *float64
}
