package lan

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestStrangersAreJoinedInTheLedger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b book
		l := ledger{record: b.record}
		for i := range 5000 {
			l.write(Entry{Time: time.Now(), Direction: In, BytesIn: 2, BytesOut: 3, Outcome: "refused: no", Purpose: "x"})
			if i == 2500 {
				l.write(Entry{Direction: In, Device: "mine", Outcome: Done})
				l.write(Entry{Direction: Out, Outcome: Done})
			}
		}
		if n := len(b.all()); n != foldAfter+2 {
			t.Fatalf("%d entries at once, want %d", n, foldAfter+2)
		}
		time.Sleep(foldWindow)
		synctest.Wait()
		all := b.all()
		var in, out int64
		for _, e := range all {
			in, out = in+e.BytesIn, out+e.BytesOut
		}
		if len(all) != foldAfter+3 || in != 10_000 || out != 15_000 {
			t.Errorf("%d entries, %d bytes in, %d out", len(all), in, out)
		}
		if last := all[len(all)-1].Outcome; !strings.Contains(last, "refused: no") || !strings.Contains(last, "4990") {
			t.Errorf("the last says %q", last)
		}
		l.write(Entry{Direction: In, Outcome: "refused: no"})
		if len(b.all()) != len(all)+1 {
			t.Error("after the window an entry is written at once again")
		}
		l.flush()
		if len(b.all()) != len(all)+1 {
			t.Error("there was nothing to flush")
		}
	})
}

func TestClosingWritesWhatWasJoined(t *testing.T) {
	noLeaks(t)
	var b book
	n := New(Options{Interfaces: Self, Record: b.record})
	l := listen(t, n)
	for range foldAfter + 5 {
		c := dialFrom(t, "127.0.0.1", l.Addrs()[0])
		accept(t, l).Close()
		c.Close()
	}
	l.Close()
	all := b.all()
	if len(all) != foldAfter+1 || !strings.Contains(all[foldAfter].Outcome, "the last of 5 connections") {
		t.Errorf("recorded %d, the last %+v", len(all), all[len(all)-1])
	}
}
