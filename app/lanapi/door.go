package lanapi

import (
	"context"
	"net/http"
)

// right says whether rights are enough, and is named in the refusal.
type right struct {
	name   string
	enough func(Rights) bool
}

var (
	anybody = right{"", func(Rights) bool { return true }}
	answers = right{"ask models", func(r Rights) bool { return r.Answers }}
	files   = right{"copy models", func(r Rights) bool { return r.Models }}
	seeing  = right{"see models", func(r Rights) bool { return r.Answers || r.Models }}
)

// action answers a request. The error goes out in the form that the route has for it.
type action func(w http.ResponseWriter, r *http.Request) error

// door lets callers in who may.
type door struct {
	api    *API
	caller func(context.Context) (who string, r Rights, ok bool)
}

type callerKey struct{}

// caller is who makes a request.
type caller struct {
	who    string
	rights Rights
}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// admit returns the request with its caller, or why it is refused.
func (d *door) admit(r *http.Request, needs right) (*http.Request, error) {
	who, rights, ok := d.caller(r.Context())
	if !ok {
		return nil, &fault{status: http.StatusUnauthorized, code: noRight, message: "This device is not known here. Add it first."}
	}
	if !needs.enough(rights) {
		return nil, &fault{
			status: http.StatusForbidden, code: noRight,
			message: "This device may not " + needs.name + " here. Its owner can allow it under Devices.",
		}
	}
	return r.WithContext(context.WithValue(r.Context(), callerKey{}, caller{who, rights})), nil
}

// openAI adds OpenAI's routes.
func (d *door) openAI(mux *http.ServeMux) {
	a := d.api
	route := func(pattern string, do action, needs right) {
		mux.HandleFunc(pattern, d.wrap(do, needs, writeOpenAIError))
	}
	route("GET /v1/models", a.listModels, seeing)
	route("GET /v1/models/{id...}", a.showModel, seeing)
	route("POST /v1/chat/completions", a.chat, answers)
	route("POST /v1/completions", a.complete, answers)
	route("POST /v1/embeddings", a.embeddings, answers)
	route("/", noRoute, anybody)
}

// croft is an action of a route of Croft's own.
func (d *door) croft(do action, needs right) http.HandlerFunc {
	return d.wrap(do, needs, writeWireError)
}

func (d *door) wrap(do action, needs right, fail func(http.ResponseWriter, *fault)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		admitted, err := d.admit(r, needs)
		if err == nil {
			err = do(w, admitted)
		}
		// Who has left is told nothing, and an answer that has begun cannot become another.
		if err != nil && r.Context().Err() == nil && !isBegun(err) {
			fail(w, faultOf(err))
		}
	}
}

func noRoute(_ http.ResponseWriter, r *http.Request) error {
	return &fault{
		status: http.StatusNotFound, code: unknownRoute, message: "There is no " + r.Method + " " + r.URL.Path + " here.",
	}
}
