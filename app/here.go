package app

import (
	"context"
	"iter"
	"sync/atomic"

	"croft/app/chat"
	"croft/app/lanapi"
	"croft/app/lanapi/wire"
	"croft/app/models"
	"croft/app/power"
	"croft/app/router"
	"croft/engine"
)

// atOnce is how many replies this device writes at once for others.
const atOnce = 4

// here is this device as a place where replies are written.
type here struct {
	library *models.Library
	power   power.Sensor
	writing atomic.Int32 // replies, those for others included
}

// Place tells how this device is now.
func (h *here) Place(ctx context.Context) (router.Place, error) {
	p := router.Place{Name: thisDevice(), Online: true, Running: int(h.writing.Load()), AtOnce: atOnce}
	now := h.power.Now(ctx)
	p.Battery = router.Battery{Has: now.Battery.Has, Charging: now.Battery.Charging, Percent: now.Battery.Percent}
	p.Hot = now.Hot
	list, err := h.library.List(ctx)
	if err != nil {
		return p, err
	}
	for _, m := range list {
		if m.Embedding {
			continue // it writes nothing
		}
		known := router.Model{
			ID: m.ID, Name: m.Name, SizeBytes: m.SizeBytes, ContextMax: m.ContextHere, TokensPerSecond: m.MeasuredTPS,
			Loaded: m.Loaded, Default: m.Default, Starter: m.Starter, Unusable: !m.CanChat(),
		}
		if info, err := h.library.Info(m); err == nil {
			known.Template, known.Advice = info.Template, info.Advice
		}
		p.Models = append(p.Models, known)
	}
	return p, nil
}

// Facts tells what is known of a model without loading it.
func (h *here) Facts(ctx context.Context, model string) (chat.Facts, error) {
	m, err := h.library.Resolve(ctx, model)
	if err != nil {
		return chat.Facts{}, err
	}
	if err := m.CheckChat(); err != nil {
		return chat.Facts{}, err
	}
	info, err := h.library.Info(m)
	if err != nil {
		return chat.Facts{}, err
	}
	return facts(m, info, m.ContextHere), nil
}

// Use loads a model and keeps it until release.
func (h *here) Use(ctx context.Context, model string, progress func(float64)) (router.Writer, func(), error) {
	r, err := h.library.Use(ctx, model, progress)
	if err != nil {
		return nil, nil, err
	}
	return writer{h, r}, r.Release, nil
}

// generate counts the replies that are written.
func (h *here) generate(ctx context.Context, m *models.Running, r engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		h.writing.Add(1)
		defer h.writing.Add(-1)
		m.Generate(ctx, r)(yield)
	}
}

// writer writes replies with a model of this device.
type writer struct {
	here    *here
	running *models.Running
}

func (w writer) Facts() chat.Facts {
	return facts(w.running.Model, w.running.Info(), w.running.ContextMax())
}

func (w writer) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return w.here.generate(ctx, w.running, r)
}

func facts(m models.Model, info models.Info, contextMax int) chat.Facts {
	return chat.Facts{ID: m.ID, Name: m.Name, ContextMax: contextMax, Template: info.Template, Advice: info.Advice}
}

// health is what speaks against giving this device work.
func (a *App) health() lanapi.Health {
	now, memory := a.here.power.Now(a.ctx), a.Models.Memory()
	return lanapi.Health{Battery: wire.Battery(now.Battery), Hot: now.Hot, MemoryBytes: memory.Total, FreeBytes: memory.Free}
}
