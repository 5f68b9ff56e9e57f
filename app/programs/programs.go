// Package programs is the door for other programs on this machine: OpenAI's routes on the loopback, for who shows the token.
// It is closed until the person opens it.
package programs

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"croft/app/health"
	"croft/discovery/lan"
	"croft/storage"
)

// DefaultPort is where the door is, unless the person chose another.
const DefaultPort = 47310

// Store keeps the state of the door.
type Store interface {
	// Setting returns a value, storage.ErrNotFound when there is none.
	Setting(ctx context.Context, key string) (json.RawMessage, error)
	SaveSetting(ctx context.Context, key string, value json.RawMessage) error
}

// State is what the person decided about the door.
type State struct {
	On    bool   `json:"on"`
	Token string `json:"token"` // what programs show; "" until the door was first opened
	Port  uint16 `json:"port"`
}

// Address is the base URL that programs are given.
func (s State) Address() string { return fmt.Sprintf("http://127.0.0.1:%d/v1", s.Port) }

// Door answers programs. Its methods may be called from several goroutines.
type Door struct {
	store   Store
	answers func(token string) http.Handler

	changing sync.Mutex // held while the state is read, changed and saved

	mu      sync.Mutex // guards what follows
	stop    context.CancelFunc
	ended   sync.WaitGroup
	forced  bool // open in this run, whatever the state says
	server  *http.Server
	port    uint16
	problem error
}

// New returns a door that nobody guards yet. answers makes what answers who shows the token.
func New(store Store, answers func(token string) http.Handler) *Door {
	return &Door{store: store, answers: answers}
}

const key = "programs"

// State returns what was decided.
func (d *Door) State(ctx context.Context) (State, error) {
	s := State{Port: DefaultPort}
	saved, err := d.store.Setting(ctx, key)
	if errors.Is(err, storage.ErrNotFound) {
		return s, nil
	}
	if err == nil {
		err = json.Unmarshal(saved, &s)
	}
	if err != nil {
		return State{}, fmt.Errorf("door for programs: %w", err)
	}
	if s.Port == 0 {
		s.Port = DefaultPort
	}
	return s, nil
}

// Change decides anew. A door that is on has a token: one is made where there is none. Each Croft that runs on this home
// follows within moments.
func (d *Door) Change(ctx context.Context, f func(*State)) (State, error) {
	d.changing.Lock()
	defer d.changing.Unlock()
	s, err := d.State(ctx)
	if err != nil {
		return State{}, err
	}
	f(&s)
	if s.On && s.Token == "" {
		s.Token = NewToken()
	}
	value, err := json.Marshal(s)
	if err == nil {
		err = d.store.SaveSetting(ctx, key, value)
	}
	if err != nil {
		return State{}, fmt.Errorf("door for programs: %w", err)
	}
	return s, nil
}

// NewToken makes a token that nobody guesses.
func NewToken() string { return "croft-" + strings.ToLower(rand.Text()) }

// followEvery is how often the state is read again: another Croft on this home may have changed it.
const followEvery = time.Second

// Guard opens and closes the door as was decided, until Close. With force it is open whatever was decided, and a token is
// made where there is none. The error says why it cannot be opened now; it is tried again.
func (d *Door) Guard(ctx context.Context, force bool) error {
	if force {
		if _, err := d.Change(ctx, func(s *State) {
			if s.Token == "" {
				s.Token = NewToken()
			}
		}); err != nil {
			return err
		}
	}
	d.mu.Lock()
	d.forced = d.forced || force
	if d.stop == nil {
		following, stop := context.WithCancel(context.WithoutCancel(ctx))
		d.stop = stop
		d.ended.Go(func() { d.follow(following) })
	}
	d.mu.Unlock()
	d.look(ctx)
	return d.Problem()
}

func (d *Door) follow(ctx context.Context) {
	tick := time.NewTicker(followEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.look(ctx)
		}
	}
}

// look opens or closes the door as the state says now.
func (d *Door) look(ctx context.Context) {
	s, err := d.State(ctx)
	if err != nil {
		return // the next look may succeed; until then all stays as it is
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	wanted := (s.On || d.forced) && d.stop != nil
	if d.server != nil && (!wanted || d.port != s.Port) {
		_ = d.server.Close() // what it still answers is cut off, which is meant
		d.server = nil
	}
	if d.problem = nil; wanted && d.server == nil {
		d.problem = d.openLocked(ctx, s.Port)
	}
}

const (
	headersWithin = 5 * time.Second
	headersMax    = 16 << 10
	idleMax       = time.Minute
)

func (d *Door) openLocked(ctx context.Context, port uint16) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	listener, err := lan.Loopback(ctx, port)
	if err != nil {
		cancel()
		return &takenError{port, err}
	}
	server := &http.Server{
		Handler: http.HandlerFunc(d.answer), ReadHeaderTimeout: headersWithin, IdleTimeout: idleMax, MaxHeaderBytes: headersMax,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	d.server, d.port = server, port
	d.ended.Go(func() {
		defer cancel()
		_ = server.Serve(listener) // it ends when the door is closed
	})
	return nil
}

// answer looks the token up anew for each request, so that a new one counts at once.
func (d *Door) answer(w http.ResponseWriter, r *http.Request) {
	s, err := d.State(r.Context())
	if err != nil {
		http.Error(w, health.Of(err).Line(), http.StatusInternalServerError)
		return
	}
	d.answers(s.Token).ServeHTTP(w, r)
}

// Open tells whether programs are answered by this process now.
func (d *Door) Open() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.server != nil
}

// Problem says why the door is not open although it should be.
func (d *Door) Problem() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.problem
}

// Close closes the door and cuts off who is still answered.
func (d *Door) Close() error {
	d.mu.Lock()
	stop, server := d.stop, d.server
	d.stop, d.server = nil, nil
	d.mu.Unlock()
	if stop != nil {
		stop()
	}
	if server != nil {
		_ = server.Close()
	}
	d.ended.Wait()
	return nil
}

// takenError says that the port cannot be had.
type takenError struct {
	port uint16
	err  error
}

func (e *takenError) Error() string { return fmt.Sprintf("listen on port %d: %v", e.port, e.err) }
func (e *takenError) Unwrap() error { return e.err }

// Problem explains e to health.Of.
func (e *takenError) Problem() health.Problem {
	return health.Problem{
		Title: "Port is taken", Severity: health.Warning,
		Sentence: fmt.Sprintf("Programs on this machine are not answered, because port %d is used by another program.", e.port),
		Next:     "If that is another Croft, it answers them; else choose another port with croft api on --port N.",
	}
}
