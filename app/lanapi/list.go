package lanapi

import (
	"context"
	"net/http"

	"croft/app/lanapi/wire"
)

// modelEntry is a model as OpenAI lists it.
type modelEntry struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
	// Embedding is Croft's own: the model makes embeddings and cannot chat.
	Embedding bool `json:"embedding,omitempty"`
}

type modelList struct {
	Object string       `json:"object"`
	Data   []modelEntry `json:"data"`
}

// listModels answers models.
func (a *API) listModels(w http.ResponseWriter, r *http.Request) error {
	entries, _, err := a.entries(r.Context())
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, modelList{"list", entries})
}

// showModel answers models/{id}. The id is one that is listed, or a hash.
func (a *API) showModel(w http.ResponseWriter, r *http.Request) error {
	entries, hashes, err := a.entries(r.Context())
	if err != nil {
		return err
	}
	id := r.PathValue("id")
	for i, e := range entries {
		if id == e.ID || id == hashes[i] {
			return writeJSON(w, http.StatusOK, e)
		}
	}
	return ErrNotFound
}

// entries are the models that can be used. Each goes by its name, or by its hash where several have one name.
func (a *API) entries(ctx context.Context) (entries []modelEntry, hashes []string, err error) {
	all, err := a.options.Models.List(ctx)
	if err != nil {
		return nil, nil, err
	}
	names := map[string]int{}
	for _, m := range all {
		names[m.Name]++
	}
	entries = []modelEntry{}
	for _, m := range all {
		if m.Problem != "" {
			continue
		}
		e := modelEntry{ID: m.Name, Object: "model", Created: m.Added.Unix(), OwnedBy: "croft", Embedding: m.Embedding}
		if m.Name == "" || names[m.Name] > 1 {
			e.ID = m.ID
		}
		entries, hashes = append(entries, e), append(hashes, m.ID)
	}
	return entries, hashes, nil
}

// status answers how this device is.
func (a *API) status(w http.ResponseWriter, r *http.Request) error {
	o := &a.options
	s := wire.Status{Version: o.Version, AtOnce: o.AtOnce, Models: []Model{}}
	s.Running, s.Waiting = a.queue.load()
	if o.Name != nil {
		s.Name = o.Name()
	}
	if o.Health != nil {
		s.Health = o.Health()
	}
	rights := callerOf(r.Context()).rights
	s.Rights = &wire.Rights{Answers: rights.Answers, Models: rights.Models, Notes: rights.Notes}
	if seeing.enough(rights) {
		all, err := o.Models.List(r.Context())
		if err != nil {
			return err
		}
		s.Models = append(s.Models, all...)
	}
	return writeJSON(w, http.StatusOK, s)
}
