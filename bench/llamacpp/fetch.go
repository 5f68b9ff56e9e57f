// Package llamacpp measures llama.cpp on a model file, from Go: it fetches the
// prebuilt libraries that the npm package of node-llama-cpp carries and calls
// them directly.
package llamacpp

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// Release is what is compared with.
const Release = "llama.cpp v0.5.0 (npm @node-llama-cpp/linux-x64 3.22.1)"

const (
	tarballURL = "https://registry.npmjs.org/@node-llama-cpp/linux-x64/-/linux-x64-3.22.1.tgz"
	tarballSum = "5uCCDNqWCNfaAm8aR/Uzxbo4HBpKgNF91kCHPepKhgMgV2OAmatoefbOlMihsqCiH2Od35E/eUHQCFbfRBJuOg=="
	tarballMax = 64 << 20 // bytes
	libraryMax = 64 << 20 // bytes of one unpacked library
)

// ErrPlatform says that there is nothing to compare with on this machine.
var ErrPlatform = errors.New("llama.cpp is measured on Linux x86-64 only")

// Fetch returns the folder below cache that holds the libraries, downloading
// them the first time.
func Fetch(cache string) (string, error) {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "", ErrPlatform
	}
	dir := filepath.Join(cache, "llamacpp-3.22.1")
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	tarball, err := download()
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w", tarballURL, err)
	}
	tmp, err := os.MkdirTemp(cache, ".llamacpp-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(tmp) // nothing is left to remove after the rename
	if err := unpack(tarball, tmp); err != nil {
		return "", fmt.Errorf("unpacking %s: %w", tarballURL, err)
	}
	return dir, os.Rename(tmp, dir)
}

func download() ([]byte, error) {
	resp, err := http.Get(tarballURL)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, tarballMax))
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum512(b)
	if base64.StdEncoding.EncodeToString(sum[:]) != tarballSum {
		return nil, errors.New("the file is not the one that was published")
	}
	return b, nil
}

// unpack writes the shared libraries in the tarball to dir, each also under the
// name without its version that the loader asks for.
func unpack(tarball []byte, dir string) error {
	gz, err := gzip.NewReader(bytes.NewReader(tarball))
	if err != nil {
		return err
	}
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !strings.HasPrefix(h.Name, "package/bins/linux-x64/") || path.Ext(h.Name) != ".so" {
			continue
		}
		if err := unpackLibrary(tr, dir, path.Base(h.Name)); err != nil {
			return err
		}
	}
}

func unpackLibrary(r io.Reader, dir, name string) error {
	b, err := io.ReadAll(io.LimitReader(r, libraryMax))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, name), b, 0o755); err != nil {
		return err
	}
	if base, _, versioned := strings.Cut(name, ".v"); versioned {
		return os.Symlink(name, filepath.Join(dir, base+".so"))
	}
	return nil
}
