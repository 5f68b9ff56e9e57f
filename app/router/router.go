package router

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"croft/app/chat"
	"croft/app/lanapi/wire"
	"croft/engine"
)

// Local is this device.
type Local interface {
	// Place tells how it is now; the router knows its ID and kind.
	Place(ctx context.Context) (Place, error)
	// Facts tells what is known of a model: an id, a name, a path, or "" for the default.
	Facts(ctx context.Context, model string) (chat.Facts, error)
	// Use loads a model and keeps it until release is called. progress gets 0 to 1.
	Use(ctx context.Context, model string, progress func(float64)) (w Writer, release func(), err error)
}

// Writer writes replies with one model at one place.
type Writer interface {
	Facts() chat.Facts
	Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error]
}

// Device is another device of mine, as it is known now.
type Device struct {
	ID, Name string
	Online   bool
	RTT      time.Duration
	Status   wire.Status
	Client   *http.Client // speaks with it and nobody else
	Origin   string       // how its addresses begin: trust.Origin
}

var _ chat.Models = (*Router)(nil)

// Options say where replies can run. Devices and Servers are asked for each reply and must not wait for anybody.
type Options struct {
	Here    Local
	Devices func() []Device // that let this one ask their models; nil: none
	Servers func() []Server // nil: none
}

// Router lends models wherever they are. Its methods may be called from several goroutines.
type Router struct {
	options Options
	asking  sync.WaitGroup // servers for their models

	mu       sync.Mutex
	closed   bool
	failed   map[string]time.Time // by place
	listings map[string]*listing  // by server
}

// failedFor is how long a place that failed comes after the others.
const failedFor = 20 * time.Second

// New returns a Router, which its user closes after all replies have ended.
func New(o Options) *Router {
	return &Router{options: o, failed: map[string]time.Time{}, listings: map[string]*listing{}}
}

// Close waits for what is still being asked: at most listMax.
func (r *Router) Close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.asking.Wait()
	return nil
}

// fleet is what is known of all places at one moment.
type fleet struct {
	here    Place
	others  []Place
	devices []Device
	servers []Server
}

// look gathers the facts. Servers are asked for their models where these are not known or old, if ask is set.
func (r *Router) look(ctx context.Context, ask bool) fleet {
	var f fleet
	if r.options.Devices != nil {
		f.devices = r.options.Devices()
	}
	if r.options.Servers != nil {
		f.servers = r.options.Servers()
	}
	for _, d := range f.devices {
		f.others = append(f.others, d.place())
	}
	if ask || len(f.others)+len(f.servers) > 0 {
		f.here = r.placeHere(ctx)
	}
	if ask {
		r.askServers(ctx, f.servers)
	}
	for _, s := range f.servers {
		f.others = append(f.others, r.placeOf(s))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range f.others {
		at, known := r.failed[f.others[i].ID]
		f.others[i].Failed = known && time.Since(at) < failedFor
	}
	return f
}

func (r *Router) placeHere(ctx context.Context) Place {
	here, err := r.options.Here.Place(ctx)
	if err != nil {
		here.Online = false // Facts and Use say why, where that matters
	}
	here.ID, here.Kind = chat.Here, KindHere
	return here
}

// Places are this device and the others, as they are known now.
func (r *Router) Places(ctx context.Context) (here Place, others []Place) {
	f := r.look(ctx, true)
	return f.here, f.others
}

// place is the device with what it says of itself.
func (d Device) place() Place {
	s := d.Status
	p := Place{
		ID: d.ID, Name: cmp.Or(d.Name, s.Name), Kind: KindDevice, Online: d.Online, RTT: d.RTT,
		Running: s.Running, Waiting: s.Waiting, AtOnce: s.AtOnce, Hot: s.Health.Hot,
		Battery: Battery{Has: s.Health.Battery.Has, Percent: s.Health.Battery.Percent, Charging: s.Health.Battery.Charging},
	}
	for _, m := range s.Models {
		if m.Embedding {
			continue // it writes nothing
		}
		p.Models = append(p.Models, Model{
			ID: m.ID, Name: m.Name, SizeBytes: m.SizeBytes, ContextMax: m.ContextMax, TokensPerSecond: m.TokensPerSecond,
			Loaded: m.Loaded, Default: m.Default, Starter: m.Starter, Unusable: m.Problem != "",
			Template: m.Template, Advice: m.Advice,
		})
	}
	return p
}

// Facts tells what is known of the model that would write, without waiting for another device.
func (r *Router) Facts(ctx context.Context, want chat.Want) (chat.Facts, error) {
	choices, err := r.choose(ctx, r.look(ctx, false), want)
	if err != nil {
		return chat.Facts{}, err
	}
	if choices[0].Place.Kind == KindHere {
		return r.options.Here.Facts(ctx, choices[0].Model.ID)
	}
	return choices[0].Model.facts(), nil
}

func (m Model) facts() chat.Facts {
	return chat.Facts{ID: m.ID, Name: m.Name, ContextMax: m.ContextMax, Template: m.Template, Advice: m.Advice}
}

// Use readies the model at the best place, or at the next best where that cannot.
func (r *Router) Use(ctx context.Context, want chat.Want, progress func(chat.Progress)) (chat.Model, func(), error) {
	if progress == nil {
		progress = func(chat.Progress) {}
	}
	u := &use{router: r, want: want, tell: progress, left: map[string]bool{}}
	if err := u.open(ctx); err != nil {
		return nil, nil, err
	}
	return u, u.close, nil
}

// choose is Order for what is wanted. Where this device is the only one, or the only one that may, the library has the
// word: it knows names and paths, and why something cannot be used.
func (r *Router) choose(ctx context.Context, f fleet, want chat.Want) ([]Choice, error) {
	here := []Choice{{Place: f.here, Model: Model{ID: want.Model}, Same: true}}
	if want.Device == chat.Here && len(f.others) > 0 {
		here[0].Why = "Replies stay on this device, as you chose."
	}
	if want.Device == chat.Here || len(f.others) == 0 {
		return here, nil
	}
	w := Wish{PromptTokens: want.Prompt, Device: want.Device}
	if want.Device != "" {
		w.Policy = Prefer
	}
	facts, err := r.options.Here.Facts(ctx, want.Model)
	switch {
	case want.Model == "":
	case err != nil:
		if w.Model = f.find(want.Model); w.Model == "" {
			return nil, err
		}
	case facts.ID == "": // a file outside the library is nowhere else
		return here, nil
	default:
		w.Model, w.ModelName = facts.ID, facts.Name
	}
	choices, failed := Order(w, f.here, f.others)
	var nowhere *NowhereError
	if errors.As(failed, &nowhere) && err == nil && f.here.Online {
		return here, nil
	}
	return choices, failed
}

// beginMin is how many hex digits of an ID are needed, as in the library.
const beginMin = 4

// find returns the ID of a model of another place by its ID or its name, or by the beginning of one when that fits no
// other model; "" when there is none.
func (f fleet) find(name string) string {
	name = strings.ToLower(name)
	begun := map[string]bool{}
	for _, p := range f.others {
		for _, m := range p.Models {
			named := strings.ToLower(m.Name)
			if strings.EqualFold(m.ID, name) || named == name {
				return m.ID
			}
			if strings.HasPrefix(named, name) || len(name) >= beginMin && strings.HasPrefix(m.ID, name) {
				begun[m.ID] = true
			}
		}
	}
	if len(begun) != 1 {
		return ""
	}
	for id := range begun {
		name = id
	}
	return name
}

// without takes places out that a reply has left already. They stay known, as off.
func (f fleet) without(left map[string]bool) fleet {
	f.others = slices.Clone(f.others)
	for i := range f.others {
		f.others[i].Online = f.others[i].Online && !left[f.others[i].ID]
	}
	f.here.Online = f.here.Online && !left[chat.Here]
	return f
}

// fail notes that a place gave up on a reply.
func (r *Router) fail(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed[id] = time.Now()
}

// well notes that a place wrote one.
func (r *Router) well(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.failed, id)
}
