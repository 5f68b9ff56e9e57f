package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"croft/app/lanapi/wire"
	"croft/app/models"
	"croft/discovery/trust"
)

// source is a device of mine from which a model is copied.
type source struct {
	name   string
	client *http.Client
}

func (s source) Name() string { return s.name }

// manifestMax bounds the answer: 1 TiB of chunks, 67 bytes for each.
const manifestMax = 20 << 20

// Manifest asks what a model's file consists of.
func (s source) Manifest(ctx context.Context, id string) (models.Manifest, error) {
	body, err := s.get(ctx, wire.ManifestPath(id))
	if err != nil {
		return models.Manifest{}, err
	}
	defer body.Close()
	var m wire.Manifest
	if err := json.NewDecoder(io.LimitReader(body, manifestMax)).Decode(&m); err != nil {
		return models.Manifest{}, fmt.Errorf("read the description of the model: %w", err)
	}
	return models.Manifest(m), nil
}

// Chunk asks for a piece of a model's file.
func (s source) Chunk(ctx context.Context, id string, n int) (io.ReadCloser, error) {
	return s.get(ctx, wire.ChunkPath(id, n))
}

func (s source) get(ctx context.Context, path string) (io.ReadCloser, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, trust.Origin+path, nil)
	if err != nil {
		return nil, err
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusOK {
		return answer.Body, nil
	}
	defer answer.Body.Close()
	return nil, s.refusal(answer)
}

// refusalMax bounds what is read of a refusal, in bytes.
const refusalMax = 64 << 10

// refusal tells what is final from what may pass.
func (s source) refusal(answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusNotFound:
		return models.ErrNotFound
	case http.StatusForbidden, http.StatusUnauthorized:
		return models.ErrForbidden
	}
	var said wire.ErrorBody
	if err := json.NewDecoder(io.LimitReader(answer.Body, refusalMax)).Decode(&said); err != nil || said.Error == nil {
		return errors.New(s.name + " answered " + answer.Status)
	}
	return fmt.Errorf("%s answered: %w", s.name, said.Error)
}
