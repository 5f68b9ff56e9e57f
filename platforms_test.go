package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Croft is built for more systems than one machine can build for: their C
// compilers and kits are not here. Its Go code is checked for all of them.
var platforms = []struct{ os, arch string }{
	{"linux", "arm64"}, {"android", "arm64"}, {"ios", "arm64"}, {"darwin", "arm64"}, {"windows", "amd64"},
}

func TestGoCodeFitsEveryPlatform(t *testing.T) {
	if testing.Short() {
		t.Skip("checks all that Croft is built from, for five systems: a minute")
	}
	for _, p := range platforms {
		t.Run(p.os+"/"+p.arch, func(t *testing.T) {
			t.Parallel()
			packages, err := listPackages(p.os, p.arch)
			if err != nil {
				t.Fatal(err)
			}
			c := &platformCheck{
				fset:    token.NewFileSet(),
				checked: map[string]*types.Package{"unsafe": types.Unsafe},
				sizes:   types.SizesFor("gc", p.arch),
			}
			for _, pkg := range packages {
				for _, err := range c.check(pkg) {
					t.Error(err)
				}
			}
			if c.ours < 10 {
				t.Errorf("only %d packages of ours were checked", c.ours)
			}
		})
	}
}

// listed is what go list tells about a package.
type listed struct {
	Dir, ImportPath   string
	GoFiles, CgoFiles []string
	ImportMap         map[string]string
	Module            *struct{ Main bool }
	Error             *struct{ Err string }
}

// listPackages returns all that Croft is built from on a platform, each package
// after those it imports.
func listPackages(goos, goarch string) ([]listed, error) {
	cmd := exec.Command("go", "list", "-deps", "-e", "-json", "-tags", "sqlite_fts5,migrated_fynedo", "./...")
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=1")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil, fmt.Errorf("go list: %w: %s", err, exit.Stderr)
		}
		return nil, err
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
}

type platformCheck struct {
	fset    *token.FileSet
	checked map[string]*types.Package
	sizes   types.Sizes
	ours    int // packages of this module
}

// check type-checks pkg and returns the errors when it is ours. Bodies of other
// modules' functions are left out: they are not ours to check.
func (c *platformCheck) check(pkg listed) []error {
	if pkg.ImportPath == "unsafe" {
		return nil
	}
	ours := pkg.Module != nil && pkg.Module.Main
	var errs []error
	if pkg.Error != nil {
		errs = append(errs, errors.New(pkg.Error.Err))
	}
	var files []*ast.File
	for _, name := range slices.Concat(pkg.GoFiles, pkg.CgoFiles) {
		f, err := parser.ParseFile(c.fset, filepath.Join(pkg.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		files = append(files, f)
	}
	conf := types.Config{
		Importer:         importMap{c.checked, pkg.ImportMap},
		Error:            func(err error) { errs = append(errs, err) },
		FakeImportC:      true,
		IgnoreFuncBodies: !ours,
		Sizes:            c.sizes,
	}
	// The errors were collected one by one, the package is usable despite them.
	c.checked[pkg.ImportPath], _ = conf.Check(pkg.ImportPath, c.fset, files, nil)
	if !ours {
		return nil
	}
	c.ours++
	return errs
}

// importMap finds packages that were checked before, by the names that vendored
// packages of the standard library go by.
type importMap struct {
	checked map[string]*types.Package
	names   map[string]string
}

func (m importMap) Import(path string) (*types.Package, error) {
	if name, ok := m.names[path]; ok {
		path = name
	}
	if p := m.checked[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s was not listed", path)
}
