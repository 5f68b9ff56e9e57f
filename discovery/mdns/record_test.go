package mdns

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	many := slices.Repeat([]string{"x=y"}, textStringsMax)
	for name, c := range map[string]struct {
		records []string
		want    text
		ok      bool
	}{
		"plain":            {[]string{"v=1"}, text{version: 1}, true},
		"pairing":          {[]string{"v=1", "p=1"}, text{1, true}, true},
		"other order":      {[]string{"p=1", "v=1"}, text{1, true}, true},
		"unknown key":      {[]string{"v=1", "z=9", "", "="}, text{version: 1}, true},
		"case of the key":  {[]string{"V=1", "P=1"}, text{1, true}, true},
		"later version":    {[]string{"v=2"}, text{version: 2}, true},
		"the first counts": {[]string{"v=1", "v=2", "p=0", "p=1"}, text{version: 1}, true},
		"pairing is 1":     {[]string{"v=1", "p=true"}, text{version: 1}, true},
		"nothing":          {nil, text{}, false},
		"empty":            {[]string{""}, text{}, false},
		"no version":       {[]string{"p=1"}, text{pairing: true}, false},
		"no value":         {[]string{"v"}, text{}, false},
		"zero":             {[]string{"v=0"}, text{}, false},
		"leading zero":     {[]string{"v=01"}, text{}, false},
		"sign":             {[]string{"v=+1"}, text{}, false},
		"negative":         {[]string{"v=-1"}, text{}, false},
		"huge":             {[]string{"v=1000"}, text{}, false},
		"overflowing":      {[]string{"v=18446744073709551617"}, text{}, false},
		"space":            {[]string{"v= 1"}, text{}, false},
		"too far back":     {append(many, "v=1"), text{}, false},
	} {
		if got, ok := parseText(c.records); got != c.want || ok != c.ok {
			t.Errorf("%s: %+v, %v; want %+v, %v", name, got, ok, c.want, c.ok)
		}
	}
}

func TestTextSaysNothingElse(t *testing.T) {
	if got := (text{version: version}).strings(); !slices.Equal(got, []string{"v=1"}) {
		t.Errorf("announces %q", got)
	}
	if got := (text{version: version, pairing: true}).strings(); !slices.Equal(got, []string{"v=1", "p=1"}) {
		t.Errorf("announces %q", got)
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "v=1", "v=1\np=1", "p=1\nv=999", "V=1\nv=2", "v=0", "\xff=\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, joined string) {
		got, ok := parseText(strings.Split(joined, "\n"))
		if !ok {
			return
		}
		if got.version < 1 || got.version > 999 {
			t.Fatalf("took version %d", got.version)
		}
		if again, ok := parseText(got.strings()); !ok || again != got {
			t.Fatalf("%+v was read back as %+v, %v", got, again, ok)
		}
	})
}

func TestNames(t *testing.T) {
	a, b := newName(), newName()
	if !isName(a) || !isName(b) || a == b {
		t.Errorf("made %q and %q", a, b)
	}
	for _, bad := range []string{
		"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdeg", "0123456789abcde.",
		`0123456789ab\046`, "01234567 9abcdef", "0123456789abcd\u00e9",
	} {
		if isName(bad) {
			t.Errorf("%q is taken for a name", bad)
		}
	}
}

func TestNear(t *testing.T) {
	for a, want := range map[string]bool{
		"10.0.0.1": true, "172.16.0.1": true, "172.31.255.254": true, "192.168.1.2": true, "169.254.3.4": true,
		"fd12:3456::1": true, "fc00::1": true,
		"169.254.169.254": false, "172.32.0.1": false, "8.8.8.8": false, "100.64.0.1": false, "127.0.0.1": false,
		"0.0.0.0": false, "224.0.0.251": false, "255.255.255.255": false, "::": false, "::1": false,
		"fe80::1": false, "2001:db8::1": false, "64:ff9b::a00:1": false, "2002:a00:1::1": false, "ff02::fb": false,
	} {
		if got := near(netip.MustParseAddr(a)); got != want {
			t.Errorf("near(%s) is %v", a, got)
		}
	}
	if near(netip.Addr{}) {
		t.Error("no address is near")
	}
}

func TestAnswerAddresses(t *testing.T) {
	ips := func(s ...string) (out []net.IP) {
		for _, a := range s {
			out = append(out, net.ParseIP(a))
		}
		return out
	}
	for name, c := range map[string]struct {
		answer answer
		want   string
	}{
		"both":        {answer{port: 7, ips: ips("10.0.0.1", "fd00::1")}, "10.0.0.1:7 [fd00::1]:7"},
		"mapped":      {answer{port: 7, ips: ips("::ffff:10.0.0.1", "::ffff:8.8.8.8")}, "10.0.0.1:7"},
		"far":         {answer{port: 7, ips: ips("8.8.8.8", "fe80::1", "169.254.169.254", "127.0.0.1")}, ""},
		"no address":  {answer{port: 7, ips: []net.IP{nil, {}, {1, 2, 3}}}, ""},
		"no port":     {answer{port: 0, ips: ips("10.0.0.1")}, ""},
		"not a port":  {answer{port: 65536, ips: ips("10.0.0.1")}, ""},
		"beyond many": {answer{port: 7, ips: append(make([]net.IP, answerAddressesMax), ips("10.0.0.1")...)}, ""},
	} {
		var got []string
		for _, a := range c.answer.addresses() {
			got = append(got, a.String())
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
