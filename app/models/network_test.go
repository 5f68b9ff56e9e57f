package models

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/trust"
	"croft/engine"
)

// remote is a library on another device, reached as my devices reach each other: TLS 1.3 with known keys, HTTP/2.
type remote struct {
	name   string
	client *http.Client
}

func (r remote) Name() string { return r.name }

func (r remote) Manifest(ctx context.Context, id string) (m Manifest, err error) {
	body, err := r.get(ctx, id)
	if err != nil {
		return m, err
	}
	defer body.Close()
	return m, json.NewDecoder(io.LimitReader(body, 32<<20)).Decode(&m)
}

func (r remote) Chunk(ctx context.Context, id string, n int) (io.ReadCloser, error) {
	return r.get(ctx, id+"/chunks/"+strconv.Itoa(n))
}

func (r remote) get(ctx context.Context, path string) (io.ReadCloser, error) {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, trust.Origin+"/models/"+path, nil)
	if err != nil {
		return nil, err
	}
	a, err := r.client.Do(q)
	if err != nil {
		return nil, err
	}
	if a.StatusCode != http.StatusOK {
		a.Body.Close()
		return nil, fmt.Errorf("answer %s", a.Status)
	}
	return a.Body, nil
}

// lend serves what l has.
func lend(l *Library) http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /models/{id}", func(w http.ResponseWriter, q *http.Request) {
		m, err := l.Manifest(q.Context(), q.PathValue("id"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		json.NewEncoder(w).Encode(m)
	})
	routes.HandleFunc("GET /models/{id}/chunks/{n}", func(w http.ResponseWriter, q *http.Request) {
		n, err := strconv.Atoi(q.PathValue("n"))
		if err != nil {
			http.NotFound(w, q)
			return
		}
		body, size, err := l.Chunk(q.Context(), q.PathValue("id"), n)
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		defer body.Close()
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		io.Copy(w, body)
	})
	return routes
}

type everybody struct{}

func (everybody) Knows(identity.ID) bool { return true }

// newRemote lets l answer on the loopback.
func newRemote(t testing.TB, name string, l *Library) remote {
	t.Helper()
	var keys [2]*identity.Private
	for i := range keys {
		var err error
		if keys[i], err = identity.Open(t.TempDir()); err != nil {
			t.Fatal(err)
		}
	}
	network := lan.New(lan.Options{Interfaces: lan.Self})
	listener, err := network.Listen(t.Context(), 0, "device")
	if err != nil {
		t.Fatal(err)
	}
	host := trust.NewHost(keys[0], everybody{}, lend(l), log.Default())
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := host.Serve(ctx, listener); err != nil {
			t.Error(err)
		}
	})
	at := listener.Addrs()
	client := trust.NewClient(keys[1], network, keys[0].ID(), func() []netip.AddrPort { return at })
	t.Cleanup(func() { client.CloseIdleConnections(); cancel(); serving.Wait() })
	return remote{name, client}
}

func TestFetchOverTheNetwork(t *testing.T) {
	first, second, third := hasty(t), hasty(t), hasty(t)
	path := bigFile(t, "Big 1B")
	m, err := first.Import(t.Context(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Adopt(t.Context(), path, nil); err != nil { // lent from where it lies
		t.Fatal(err)
	}
	got, err := third.Fetch(t.Context(), m.ID, []Source{newRemote(t, "A", first), newRemote(t, "B", second)}, nil)
	wantFetched(t, third, got, err, newLender(t, "", path))
}

// benchBytes is what the benchmarks copy.
const benchBytes = 512 << 20

// BenchmarkFetch copies from other devices; BenchmarkPlainCopy is the same through a TCP connection alone. Both write to
// the disk and see that it is safe there.
func BenchmarkFetch(b *testing.B) {
	path := benchFile(b)
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprintf("sources=%d", n), func(b *testing.B) {
			l := benchLibrary(b)
			var sources []Source
			var id string
			for i := range n {
				lends := benchLibrary(b)
				m, err := lends.Adopt(b.Context(), path, nil)
				if err == nil {
					_, err = lends.Manifest(b.Context(), m.ID) // once; it is known from then on
				}
				if err != nil {
					b.Fatal(err)
				}
				id = m.ID
				sources = append(sources, newRemote(b, fmt.Sprint(i), lends))
			}
			b.SetBytes(benchBytes)
			for b.Loop() {
				if _, err := l.Fetch(b.Context(), id, sources, nil); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := l.Delete(b.Context(), id); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

func BenchmarkPlainCopy(b *testing.B) {
	path, to := benchFile(b), filepath.Join(b.TempDir(), "copy")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var serving sync.WaitGroup
	b.Cleanup(func() { listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			if f, err := os.Open(path); err == nil {
				io.Copy(conn, f)
				f.Close()
			}
			conn.Close()
		}
	})
	b.SetBytes(benchBytes)
	for b.Loop() {
		if err := plainCopy(to, listener.Addr()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		os.Remove(to)
		b.StartTimer()
	}
}

func plainCopy(to string, from net.Addr) error {
	conn, err := net.Dial("tcp", from.String())
	if err != nil {
		return err
	}
	defer conn.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	defer f.Close()
	if n, err := io.Copy(f, conn); err != nil || n != benchBytes {
		return fmt.Errorf("%d bytes: %w", n, err)
	}
	return f.Sync()
}

func benchFile(b *testing.B) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "bench.gguf")
	buf := make([]byte, benchBytes)
	for i := range buf {
		buf[i] = byte(i * i >> 7)
	}
	if err := os.WriteFile(path, buf, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchLibrary(b *testing.B) *Library {
	b.Helper()
	l := newLibrary(b)
	l.inspect.read = func(string) (engine.Info, error) {
		return engine.Info{Name: "Bench 1B", Family: "llama", Quant: "Q8_0", SizeBytes: benchBytes, Parameters: 1e9, Layers: 2, ContextMax: 8192, CacheBytesPerToken: 1000, WorkBytes: 1000}, nil
	}
	return l
}
