package lanapi

import (
	"io"
	"net/http"
	"regexp"
	"strconv"
)

var hash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// manifest answers what a model file consists of.
func (a *API) manifest(w http.ResponseWriter, r *http.Request) error {
	id, err := a.fileID(r)
	if err != nil {
		return err
	}
	m, err := a.options.Files.Manifest(r.Context(), id)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m)
}

// chunk answers with a piece of a model file.
func (a *API) chunk(w http.ResponseWriter, r *http.Request) error {
	id, err := a.fileID(r)
	if err != nil {
		return err
	}
	n, err := strconv.ParseUint(r.PathValue("n"), 10, 31)
	if err != nil {
		return invalid("n", "A chunk has a number, and the first is 0.")
	}
	body, length, err := a.options.Files.Chunk(r.Context(), id, int(n))
	if err != nil {
		return err
	}
	defer body.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(length, 10))
	_, err = io.CopyN(w, body, length)
	return begun(err)
}

func (a *API) fileID(r *http.Request) (string, error) {
	id := r.PathValue("id")
	if a.options.Files == nil || !hash.MatchString(id) {
		return "", ErrNotFound
	}
	return id, nil
}
