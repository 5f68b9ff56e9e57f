// Package modelspage shows the models on this device, takes in new ones, and greets who has none yet.
package modelspage

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/models"
	"croft/app/ui/box"
	"croft/app/ui/bridge"
)

// Shelf says what models there are and what fits.
type Shelf interface {
	List(ctx context.Context) ([]models.Model, error)
	Found(ctx context.Context) ([]models.Model, error)
	Suggest(ctx context.Context) ([]models.Suggestion, error)
	Memory() models.Memory
	HasStarter() bool // the program has one, here or not
}

// Keeper takes models in and deletes them.
type Keeper interface {
	Import(ctx context.Context, path string, progress func(done, total int64)) (models.Model, error)
	Adopt(ctx context.Context, path string, progress func(done, total int64)) (models.Model, error)
	Delete(ctx context.Context, id string) error
	BringBack(ctx context.Context) (models.Model, error)
}

// Library is the use case as this page needs it.
type Library interface {
	Shelf
	Keeper
}

// Elsewhere is a model that other devices of mine have.
type Elsewhere struct {
	ID              string // SHA-256 of its file
	Name, Quant     string
	SizeBytes       int64
	NeedsBytes      int64    // of memory; 0 while unknown
	TokensPerSecond float64  // measured there
	Devices         []string // names of those that are on and lend it
}

// Lender copies models from my other devices.
type Lender interface {
	Elsewhere(ctx context.Context) ([]Elsewhere, error)
	Copy(ctx context.Context, id string, progress func(models.CopyProgress)) (models.Model, error)
}

// Window is what the page asks of the window it stands in.
type Window interface {
	Canvas() fyne.Canvas
	Toast(text, action string, do func())
	PickModelFile(picked func(path string))
	SetDefaultModel(id string)
	Added(m models.Model, first bool) // a model came in; first: there was none before
	Phone() bool
}

// Page is the list of models.
type Page struct {
	lib    Library
	lender Lender // nil: there are no other devices
	win    Window
	bridge *bridge.Bridge

	here      []models.Model
	found     []models.Model
	suggested []models.Suggestion
	elsewhere []Elsewhere
	jobs      []*job
	loaded    bool
	view      *box.Page
	welcome   *box.Page
}

// New returns the page. Reload fills it. lender may be nil.
func New(lib Library, lender Lender, win Window, b *bridge.Bridge) *Page {
	p := &Page{lib: lib, lender: lender, win: win, bridge: b, view: box.NewPage(box.NewColumn(0)), welcome: box.NewPage(box.NewColumn(0))}
	return p
}

// View returns the list of models.
func (p *Page) View() fyne.CanvasObject { return p.view }

// Welcome returns the page for who has no model yet.
func (p *Page) Welcome() fyne.CanvasObject { return p.welcome }

// Usable tells whether there is a model to chat with. known is false before the first Reload has come back.
func (p *Page) Usable() (usable, known bool) {
	for _, m := range p.here {
		if m.CanChat() {
			return true, p.loaded
		}
	}
	return false, p.loaded
}

// Reload reads the library and the folders of other programs again, then calls done.
func (p *Page) Reload(done func()) {
	p.bridge.Work(func(ctx context.Context) func() {
		here, err := p.lib.List(ctx)
		suggested, unknown := p.lib.Suggest(ctx)
		return func() {
			if p.failed(errors.Join(err, unknown)) {
				return
			}
			p.here, p.suggested, p.loaded = here, suggested, true
			p.Relayout()
			done()
			p.look()
			p.ReloadElsewhere()
		}
	})
}

// look searches the folders of other programs, which may take a while.
func (p *Page) look() {
	p.bridge.Work(func(ctx context.Context) func() {
		found, err := p.lib.Found(ctx)
		return func() {
			if !p.failed(err) {
				p.found = found
				p.Relayout()
			}
		}
	})
}

// Relayout builds both pages anew.
func (p *Page) Relayout() {
	p.forgetBars()
	p.view.Set(p.build())
	p.welcome.Set(p.greet())
}

// forgetBars lets go of what the pages showed before.
func (p *Page) forgetBars() {
	for _, j := range p.jobs {
		j.bars = nil
	}
}

func (p *Page) failed(err error) bool {
	if err != nil {
		problem := health.Of(err)
		p.win.Toast(problem.Title+". "+problem.Sentence, "", nil)
	}
	return err != nil
}

// Import copies a file into the library.
func (p *Page) Import(path string) { p.take(path, filepath.Base(path), p.lib.Import) }

// adopt uses a file where it lies.
func (p *Page) adopt(m models.Model) { p.take(m.Path, m.Name, p.lib.Adopt) }

// intake is Import or Adopt.
type intake func(ctx context.Context, path string, progress func(done, total int64)) (models.Model, error)

// take runs an intake as a job that can be watched and cancelled.
func (p *Page) take(path, name string, in intake) {
	for _, j := range p.jobs {
		if j.path == path && j.problem == nil {
			return
		}
	}
	j := newJob(p, path, name)
	p.run(j, func(ctx context.Context) (models.Model, error) { return in(ctx, path, j.progress) })
}

// run shows a job while it is done.
func (p *Page) run(j *job, do func(ctx context.Context) (models.Model, error)) {
	usable, _ := p.Usable()
	p.jobs = append(p.jobs, j)
	p.Relayout()
	ctx, cancel := context.WithCancel(p.bridge.Context())
	j.cancel = cancel
	p.bridge.Work(func(context.Context) func() {
		defer cancel()
		m, err := do(ctx)
		return func() { p.took(j, m, err, !usable) }
	})
}

// took ends a job. A file that was refused stays on the page with the reason.
func (p *Page) took(j *job, m models.Model, err error, first bool) {
	if err != nil && !j.cancelled {
		problem := health.Of(err)
		j.problem = &problem
		p.Relayout()
		return
	}
	p.drop(j)
	switch {
	case err != nil:
	case m.Embedding: // there is nothing to chat with
		p.Reload(func() { p.win.Toast(lang.L("{{.Name}} is ready", map[string]string{"Name": m.Name}), "", nil) })
	default:
		p.Reload(func() { p.win.Added(m, first) })
	}
}

func (p *Page) drop(j *job) {
	for i := range p.jobs {
		if p.jobs[i] == j {
			p.jobs = append(p.jobs[:i:i], p.jobs[i+1:]...)
			break
		}
	}
	p.Relayout()
}

// stepTime is how often progress is shown.
const stepTime = 100 * time.Millisecond
