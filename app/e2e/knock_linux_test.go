package e2e

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"
)

// knockVariable makes this program knock at the addresses in it, and print all that answers with more than a refusal.
const knockVariable = "CROFT_E2E_KNOCK"

// knock is what a stranger on h is told at the addresses.
func (h *host) knock(addresses ...string) string {
	h.lab.t.Helper()
	self, err := os.Executable()
	if err != nil {
		h.lab.t.Fatal(err)
	}
	command := append(h.inside(), self)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), knockVariable+"="+strings.Join(addresses, " "))
	out, err := cmd.CombinedOutput()
	if err != nil {
		h.lab.t.Fatalf("knock: %v: %s", err, out)
	}
	return string(out)
}

func knockAt(addresses string) error {
	stranger, err := strangersKey()
	if err != nil {
		return err
	}
	for _, at := range strings.Fields(addresses) {
		if said := plainly(at); said != "" {
			fmt.Printf("%s without encryption: %q\n", at, said)
		}
		for _, way := range []struct {
			name string
			keys []tls.Certificate
			alpn string
		}{
			{"without a key", nil, "h2"},
			{"with a stranger's key", stranger, "h2"},
			{"with a stranger's key", stranger, "http/1.1"},
			{"with a stranger's key", stranger, "croft-pairing/1"},
		} {
			for _, path := range []string{"/", "/v1/models", "/croft/v1/status"} {
				if said := encrypted(at, path, way.keys, way.alpn); said != "" {
					fmt.Printf("%s %s by %s: %s\n", at+path, way.name, way.alpn, said)
				}
			}
		}
	}
	return nil
}

// plainly says what is answered to a request without TLS, but for the alert that there was none.
func plainly(at string) string {
	c, err := net.DialTimeout("tcp", at, 2*time.Second)
	if err != nil {
		return ""
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	fmt.Fprint(c, "GET /v1/models HTTP/1.1\r\nHost: croft\r\n\r\n")
	answer := make([]byte, 4096)
	n, _ := c.Read(answer)
	const alert = 21 // RFC 8446 section 5.1
	if n > 0 && answer[0] == alert {
		return ""
	}
	return string(answer[:n])
}

func encrypted(at, path string, keys []tls.Certificate, alpn string) string {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{
		ForceAttemptHTTP2: alpn == "h2",
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true, Certificates: keys, NextProtos: []string{alpn}},
	}}
	defer client.CloseIdleConnections()
	r, err := client.Get("https://" + at + path)
	if err != nil {
		return ""
	}
	defer r.Body.Close()
	return r.Status
}

func strangersKey() ([]tls.Certificate, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, public, private)
	return []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}, err
}
