// Package sample chooses the next token.
package sample

// Settings say how to choose. The zero value is greedy.
type Settings struct {
	Temperature      float32 // 0: always the most likely token
	TopK             int     // 0: all
	TopP             float32 // 0 or 1: all
	MinP             float32 // 0: all
	RepeatPenalty    float32 // 0 or 1: none
	PresencePenalty  float32
	FrequencyPenalty float32
	RepeatLast       int    // tokens the penalties look back on; 0: 64
	Seed             uint64 // the same seed gives the same reply
	LogitBias        map[int]float32
}
