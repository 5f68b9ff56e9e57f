package models

import "croft/engine"

// bandwidth measures how fast memory is read between the runs of a model.
type bandwidth struct {
	reading *engine.Reading
	peak    int64 // bytes this process ever held before reading took its memory
	rates   []float64
}

// startBandwidth takes memory to read, at most half of what is free.
func startBandwidth(threads int, kernels string) (*bandwidth, error) {
	peak := peakBytes()
	_, free := deviceMemory()
	reading, err := engine.NewReading(threads, kernels, free/2)
	if err != nil {
		return nil, err
	}
	return &bandwidth{reading: reading, peak: peak}, nil
}

func (b *bandwidth) measure() { b.rates = append(b.rates, b.reading.Rate()) }

// peakBytes is the most this process ever held beside the memory that is read, all of which is there from the start.
func (b *bandwidth) peakBytes() int64 { return max(b.peak, peakBytes()-b.reading.Bytes()) }
