package assets

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"
)

const starterMax = 20e6 // bytes

func TestTheStarterIsWhatItsSumSays(t *testing.T) {
	sum := sha256.Sum256([]byte(Starter))
	if hex.EncodeToString(sum[:]) != StarterID() {
		t.Error("starter.sha256 is not that of starter.gguf: run go generate ./assets")
	}
	if len(Starter) > starterMax {
		t.Errorf("the starter has %d bytes, at most %d are carried", len(Starter), int64(starterMax))
	}
}

func TestTheStartersCardIsWhole(t *testing.T) {
	strict := json.NewDecoder(bytes.NewReader(starterCard))
	strict.DisallowUnknownFields()
	var c Card
	if err := strict.Decode(&c); err != nil {
		t.Fatal(err)
	}
	if c.Purpose == "" || len(c.Languages) == 0 || len(c.Figures) == 0 {
		t.Errorf("the card lacks a part: %+v", c)
	}
	for _, f := range c.Figures {
		if f.What == "" || f.Goal <= 0 || f.Goal > 100 {
			t.Errorf("no figure: %+v", f)
		}
		if (f.Reached == nil) != (f.Cases == nil) {
			t.Errorf("%q has a result without cases, or cases without a result", f.What)
		}
		if f.Measured() && (*f.Reached < 0 || *f.Reached > 100 || *f.Cases < 1) {
			t.Errorf("%q reached %v of %d cases", f.What, *f.Reached, *f.Cases)
		}
	}
}
