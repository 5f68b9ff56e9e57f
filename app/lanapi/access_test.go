package lanapi

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"croft/app/lanapi/wire"
)

// Each route asks for its right, anew for each request.
func TestRightsAreAskedForEachRequest(t *testing.T) {
	f := &heldFiles{manifest: Manifest{ID: strings.Repeat("a", 64)}, chunks: [][]byte{[]byte("x")}}
	var rights atomic.Pointer[Rights]
	s, _ := serve(t, Options{Models: newLibrary(t), Files: f, Caller: func(context.Context) (string, Rights, bool) {
		r := rights.Load()
		if r == nil {
			return "", Rights{}, false
		}
		return "phone", *r, true
	}})
	chat := `{"model": "Tiny llama", "messages": [{"role": "user", "content": "a"}], "max_tokens": 1}`
	routes := []struct {
		path, body string
		needs      func(Rights) bool
	}{
		{"/v1/models", "", seeing.enough},
		{"/v1/models/Tiny%20llama", "", seeing.enough},
		{"/v1/chat/completions", chat, answers.enough},
		{"/v1/completions", `{"prompt": "a", "max_tokens": 1}`, answers.enough},
		{"/v1/embeddings", `{"model": "Tiny vectors", "input": "a"}`, answers.enough},
		{wire.StatusPath, "", anybody.enough},
		{wire.RepliesPath, `{"text": "a", "reply_max": 1}`, answers.enough},
		{wire.ManifestPath(f.manifest.ID), "", files.enough},
		{wire.ChunkPath(f.manifest.ID, 0), "", files.enough},
	}
	for _, r := range []*Rights{nil, {}, {Answers: true}, {Models: true}, {Notes: true}, {Answers: true, Models: true}} {
		rights.Store(r)
		for _, route := range routes {
			var status int
			var body string
			if route.body == "" {
				status, body = get(t, s, route.path)
			} else {
				status, body = post(t, s, route.path, route.body)
			}
			want := http.StatusOK
			switch {
			case r == nil:
				want = http.StatusUnauthorized
			case !route.needs(*r):
				want = http.StatusForbidden
			}
			if status != want {
				t.Errorf("%+v, %s: %d %s, want %d", r, route.path, status, body, want)
			}
			if status == http.StatusOK && strings.HasSuffix(route.path, wire.StatusPath) {
				if seen := len(decode[wire.Status](t, body).Models) > 0; seen != seeing.enough(*r) {
					t.Errorf("%+v: models seen: %v", r, seen)
				}
			}
		}
	}
}

func TestProgramsAreLetInByTokenHostAndOrigin(t *testing.T) {
	l := newLibrary(t)
	s := servePrograms(t, Options{Models: l})
	port := s.URL[strings.LastIndexByte(s.URL, ':'):]
	for what, c := range map[string]struct {
		path, host, auth, origin string
		status                   int
		code                     string
	}{
		"right":            {status: 200},
		"by name":          {host: "localhost" + port, status: 200},
		"over IPv6":        {host: "[::1]" + port, status: 200},
		"no port":          {host: "127.0.0.1", status: 200},
		"wrong token":      {auth: "Bearer guessed", status: 401, code: "invalid_api_key"},
		"no token":         {auth: "-", status: 401, code: "invalid_api_key"},
		"other scheme":     {auth: "Basic " + token, status: 401, code: "invalid_api_key"},
		"rebound name":     {host: "evil.example" + port, status: 403, code: "no_right"},
		"name of a part":   {host: "localhost.evil.example", status: 403, code: "no_right"},
		"other address":    {host: "192.168.1.20" + port, status: 403, code: "no_right"},
		"a page":           {origin: "http://evil.example", status: 403, code: "no_right"},
		"a local page":     {origin: "http://localhost:3000", status: 403, code: "no_right"},
		"a page of a file": {origin: "null", status: 403, code: "no_right"},
		"status":           {path: wire.StatusPath, status: 404, code: "unknown_url"},
		"files":            {path: wire.ManifestPath(strings.Repeat("1", 64)), status: 404, code: "unknown_url"},
	} {
		path := c.path
		if path == "" {
			path = "/v1/models"
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = c.host
		switch c.auth {
		case "":
			r.Header.Set("Authorization", "Bearer "+token)
		case "-":
		default:
			r.Header.Set("Authorization", c.auth)
		}
		if c.origin != "" {
			r.Header.Set("Origin", c.origin)
		}
		answer, err := s.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		status, body := read(t, answer)
		if status != c.status || c.code != "" && decode[openAIErrorBody](t, body).Error.Code != c.code {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
}

func TestWithoutATokenNobodyIsLetIn(t *testing.T) {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/v1/models", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer ")
	if f := refuseProgram(r, false, [32]byte{}); f == nil || f.status != http.StatusUnauthorized {
		t.Errorf("it is %+v", f)
	}
}
