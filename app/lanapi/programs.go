package lanapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Programs answers other programs on this machine: OpenAI's routes only, for who shows the token.
//
// A page in a browser can make requests to this machine too, under names of its own that it lets point here (DNS rebinding,
// as in CVE-2024-28224). So only names of this machine are answered, and nothing that a page asks for.
func (a *API) Programs(token string) http.Handler {
	mux := http.NewServeMux()
	d := &door{api: a, caller: func(context.Context) (string, Rights, bool) { return "", Rights{Answers: true}, true }}
	d.openAI(mux)
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if f := refuseProgram(r, token != "", want); f != nil {
			writeOpenAIError(w, f)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func refuseProgram(r *http.Request, open bool, want [sha256.Size]byte) *fault {
	if _, ok := r.Header["Origin"]; ok {
		return &fault{status: http.StatusForbidden, code: noRight, message: "Pages in a browser are not answered."}
	}
	if !isThisMachine(r.Host) {
		return &fault{
			status: http.StatusForbidden, code: noRight,
			message: "Only requests to 127.0.0.1, [::1] or localhost are answered.",
		}
	}
	shown, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	got := sha256.Sum256([]byte(shown))
	if !open || !ok || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
		return &fault{
			status: http.StatusUnauthorized, code: wrongKey,
			message: "The API key is missing or wrong. Croft shows it in its settings.",
		}
	}
	return nil
}

// isThisMachine tells whether a Host header names this machine.
func isThisMachine(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && (a == netip.AddrFrom4([4]byte{127, 0, 0, 1}) || a == netip.IPv6Loopback())
}
