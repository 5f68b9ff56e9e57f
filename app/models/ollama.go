package models

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const (
	blobPrefix   = "sha256-" // of a file's name in blobs, before its hash
	manifestMax  = 1 << 20   // bytes
	manifestsMax = 2000
	modelLayer   = "application/vnd.ollama.image.model"
)

// manifest is an OCI image manifest as Ollama keeps it, as far as it names the model.
type manifest struct {
	Layers []struct {
		MediaType string `json:"mediaType"`
		Digest    string `json:"digest"`
	} `json:"layers"`
}

// ollama finds the models that the manifests below dir name.
func (w *walk) ollama(dir string) {
	names := manifestNames(dir)
	blobs := make([]string, 0, len(names))
	for blob := range names {
		blobs = append(blobs, blob)
	}
	slices.SortFunc(blobs, func(a, b string) int { return strings.Compare(names[a]+a, names[b]+b) })
	for _, blob := range blobs {
		path := filepath.Join(dir, "blobs", blob)
		w.entries++
		if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || w.seen[blob] {
			continue
		}
		w.add(found{ollama, path, names[blob]})
	}
}

// manifestNames maps the names of files in dir/blobs to what people call those models: "llama3.2 1b".
func manifestNames(dir string) map[string]string {
	names, looked := map[string]string{}, 0
	root := filepath.Join(dir, "manifests")
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if looked++; looked > manifestsMax {
			return fs.SkipAll
		}
		if err != nil || !e.Type().IsRegular() {
			return nil // What cannot be read is not offered.
		}
		if blob, ok := modelBlob(path); ok && names[blob] == "" {
			names[blob] = manifestName(root, path)
		}
		return nil
	})
	return names
}

// modelBlob reads a manifest and returns the name of the file with the weights.
func modelBlob(path string) (string, bool) {
	f, err := os.Open(path)
	if err != nil {
		return "", false
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, manifestMax+1))
	if err != nil || len(b) > manifestMax {
		return "", false
	}
	return parseManifest(b)
}

func parseManifest(b []byte) (blob string, ok bool) {
	var m manifest
	if json.Unmarshal(b, &m) != nil {
		return "", false
	}
	for _, layer := range m.Layers {
		id, ok := strings.CutPrefix(layer.Digest, "sha256:")
		if ok && layer.MediaType == modelLayer && idForm.MatchString(id) {
			return blobPrefix + id, true
		}
	}
	return "", false
}

// manifestName is the model and tag a manifest's path spells: registry/library/llama3.2/1b.
func manifestName(root, path string) string {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		rel = path
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	parts = parts[max(0, len(parts)-2):]
	if last := len(parts) - 1; parts[last] == "latest" {
		parts = parts[:last]
	}
	return strings.Join(parts, " ")
}
