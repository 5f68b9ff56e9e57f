package mdns

import (
	"bytes"
	"log"
	"net"
	"testing"

	"github.com/grandcat/zeroconf"
)

// What zeroconf says in its own words is dropped, whatever version of it is built in, and the rest is kept.
func TestQuiet(t *testing.T) {
	var loud, got bytes.Buffer
	old := log.Writer()
	defer log.SetOutput(old)
	register := func() {
		// An interface that is not there makes it complain of both IPv4 and IPv6.
		s, err := zeroconf.RegisterProxy("a", service, domain, 1, "h", []string{"192.168.1.2"}, nil, []net.Interface{{Index: 1 << 20}})
		if err == nil {
			s.Shutdown()
		}
		log.Print("something else")
	}
	log.SetOutput(&loud)
	register()
	if !bytes.Contains(loud.Bytes(), []byte("zeroconf")) {
		t.Fatalf("zeroconf said nothing to begin with: %q", loud.String())
	}
	log.SetOutput(Quiet(Quiet(&got)))
	register()
	if bytes.Contains(got.Bytes(), []byte("zeroconf")) || !bytes.Contains(got.Bytes(), []byte("something else")) {
		t.Errorf("the log holds %q", got.String())
	}
}
