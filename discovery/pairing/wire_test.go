package pairing

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestSizesAreLookedAtFirst(t *testing.T) {
	for what, b := range map[string][]byte{
		"too long":  {byte(kindHello), 0xff, 0xff},
		"too short": {byte(kindTag), 0, 63},
		"kind 0":    {0, 0, 0},
		"kind 9":    {byte(kindRefuse) + 1, 0, 1, 1},
	} {
		// Nothing follows: whoever tried to read the body would say so.
		if _, _, err := readMessage(bytes.NewReader(b)); !errors.Is(err, ErrProtocol) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, _, err := readMessage(bytes.NewReader([]byte{byte(kindAccept), 0, 1})); !errors.Is(err, io.EOF) {
		t.Errorf("cut short: %v", err)
	}
}

func TestRefusalsSurviveTheWire(t *testing.T) {
	for _, err := range refusals {
		code, ok := refusalOf(err)
		if !ok || !errors.Is(code.err(), err) {
			t.Errorf("%v became %v", err, code.err())
		}
		var b bytes.Buffer
		_ = writeMessage(&b, kindRefuse, []byte{byte(code)})
		if _, got := expect(&b, kindTag); !errors.Is(got, err) {
			t.Errorf("%v was read as %v", err, got)
		}
	}
	if _, ok := refusalOf(io.EOF); ok {
		t.Error("EOF has a code")
	}
	for _, unknown := range []refusal{0, 6, 255} {
		if err := unknown.err(); !errors.Is(err, ErrProtocol) {
			t.Errorf("refusal %d: %v", unknown, err)
		}
	}
}

func TestCleanName(t *testing.T) {
	for in, want := range map[string]string{
		"Studio PC":                           "Studio PC",
		"  Studio \t\n PC ":                   "Studio PC",
		"Jörgs Gerät 東京 🦊":                    "Jörgs Gerät 東京 🦊",
		"a\u202eb\u200bc\x00d\x1b[31m":        "abcd[31m",
		"\xff\xfeX":                           "X",
		"":                                    "",
		"\u2028":                              "",
		strings.Repeat("x", 63) + "é":         strings.Repeat("x", 63),
		strings.Repeat("x", 63) + " " + "yyy": strings.Repeat("x", 63),
	} {
		if got := CleanName(in); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseCode(t *testing.T) {
	for _, typed := range []string{"483920", " 483 920 ", "483-920", "483\u00a0920", "4 8 3 9 2 0"} {
		if code, err := ParseCode(typed); err != nil || code != "483920" {
			t.Errorf("%q: %q, %v", typed, code, err)
		}
	}
	for _, typed := range []string{"", "48392", "4839201", "48392a", "+48392", "٤٨٣٩٢٠", "-48392"} {
		if code, err := ParseCode(typed); !errors.Is(err, ErrTypedCode) {
			t.Errorf("%q: %q, %v", typed, code, err)
		}
	}
}

func TestCodesAreSixDigits(t *testing.T) {
	first := map[byte]int{}
	for range 5000 {
		code := newCode()
		if again, err := ParseCode(code); err != nil || again != code {
			t.Fatalf("%q: %v", code, err)
		}
		first[code[0]]++
	}
	for d := byte('0'); d <= '9'; d++ { // 500 expected, standard deviation 21
		if n := first[d]; n < 350 || n > 650 {
			t.Errorf("%d of 5000 codes begin with %c", n, d)
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte{byte(kindAccept), 0, 1, 7})
	f.Add(append([]byte{byte(kindShare), 0, 32}, make([]byte, 32)...))
	f.Add([]byte{byte(kindHello), 0, 5, 1, 2, 'a', 'b', 'c'})
	f.Add([]byte{byte(kindDone), 0, 0, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		k, body, err := readMessage(iotest.OneByteReader(bytes.NewReader(b)))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeMessage(&again, k, body); err != nil || !bytes.HasPrefix(b, again.Bytes()) {
			t.Errorf("% x was read as %d % x, %v", b, k, body, err)
		}
	})
}

func FuzzBodies(f *testing.F) {
	f.Add([]byte{7})
	f.Add([]byte("\x12\x67Studio PC"))
	f.Add([]byte("\x00\x00a\u202eb"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := parseAbout(b); err == nil {
			if !bytes.Equal(a.encode(), b) || !utf8.ValidString(a.Name) || strings.ContainsAny(a.Name, "\n\r\x1b") {
				t.Errorf("% x was read as %+v", b, a)
			}
		}
		if r, err := parseRights(b); err == nil && !bytes.Equal(r.encode(), b) {
			t.Errorf("% x was read as %+v", b, r)
		}
		if name := CleanName(string(b)); len(name) > nameBytesMax || CleanName(name) != name {
			t.Errorf("%q became %q", b, name)
		}
		if len(b) > 0 {
			if err := refusal(b[0]).err(); err == nil {
				t.Error("a refusal is no error")
			}
		}
	})
}

func FuzzShare(f *testing.F) {
	for _, p := range []string{pointValid, pointNone, pointIdentity} {
		f.Add(unhex(f, p))
	}
	mine := newShare(generator([]byte("483920"), nil, nil))
	f.Fuzz(func(t *testing.T, theirs []byte) {
		if k, err := mine.shared(theirs); err == nil && (len(k) != shareBytes || len(theirs) != shareBytes || bytes.Equal(k, make([]byte, shareBytes))) {
			t.Errorf("% x makes % x", theirs, k)
		}
	})
}

// A conversation with bytes that know nothing of the code convinces no side.
func FuzzConversation(f *testing.F) {
	var b bytes.Buffer
	_ = writeMessage(&b, kindShare, unhex(f, pointValid))
	_ = writeMessage(&b, kindTag, make([]byte, tagBytes))
	f.Add(b.Bytes())
	b.Reset()
	_ = writeMessage(&b, kindShown, make([]byte, proofBytes))
	f.Add(b.Bytes())
	f.Fuzz(func(t *testing.T, said []byte) {
		deaf := func() io.ReadWriter { return &fixed{bytes.NewReader(said)} }
		if err := proveCode(deaf(), []byte("id"), "483920"); err == nil {
			t.Error("the typer was convinced")
		}
		if err := proveScan(deaf(), channel{}, make([]byte, secretBytes)); err == nil {
			t.Error("the scanner was convinced")
		}
		conn := deaf()
		if share, err := expect(conn, kindShare); err == nil {
			if _, err := checkCode(conn, []byte("id"), "483920", share); err == nil {
				t.Error("the shower was convinced")
			}
		}
	})
}

type fixed struct{ io.Reader }

func (*fixed) Write(p []byte) (int, error) { return len(p), nil }

// Whatever the other side says while people are asked: without our yes nothing
// is agreed, and hear ends.
func FuzzDecision(f *testing.F) {
	f.Add([]byte{byte(kindAccept), 0, 1, 7, byte(kindDone), 0, 0})
	f.Add([]byte{byte(kindRefuse), 0, 1, 3})
	f.Fuzz(func(t *testing.T, said []byte) {
		c := &Candidate{conn: heard{Reader: bytes.NewReader(said)}, answered: make(chan struct{})}
		if err := c.hear(); err == nil {
			t.Error("agreed")
		}
	})
}

type heard struct {
	io.Reader
	net.Conn
}

func (h heard) Read(p []byte) (int, error) { return h.Reader.Read(p) }
