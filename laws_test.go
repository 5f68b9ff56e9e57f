package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
)

// The laws of the house. They are read from the source as it stands, with every
// build tag and for every system, so that no platform's files escape them.

// arrows names, for each part of the tree, what it must not import and why. A
// folder stands for all below it.
var arrows = []arrow{
	{from: []string{"engine", "storage", "discovery"}, to: []string{"croft/app"}, why: "the leaves know nothing of who uses them"},
	{from: []string{"engine"}, to: []string{"croft/storage", "croft/discovery"}, why: "only app joins the leaves"},
	{from: []string{"storage"}, to: []string{"croft/engine", "croft/discovery"}, why: "only app joins the leaves"},
	{from: []string{"discovery"}, to: []string{"croft/engine", "croft/storage"}, why: "only app joins the leaves"},
	{from: []string{"."}, except: []string{"discovery", "app"}, to: []string{"croft/discovery"}, why: "only app joins the leaves"},
	{
		from: []string{"app/chat", "app/models", "app/settings", "app/health"}, to: []string{"croft/discovery"},
		why: "my devices are the affair of app/devices, app/router and app/lanapi",
	},
	{
		from: []string{"app/ui", "app/cli"}, to: []string{"croft/engine", "croft/storage", "croft/discovery"},
		why: "what people see goes through the use cases: chat, models, devices, settings, health",
	},
	{
		from: []string{"app/chat", "app/models", "app/settings", "app/health", "app/devices", "app/router", "app/lanapi"},
		to:   []string{"croft/app/ui", "croft/app/cli"},
		why:  "decisions do not depend on how they are shown",
	},
	{from: []string{"app/cli"}, to: []string{"croft/app/ui"}, why: "a command needs no window"},
	{from: []string{"app/ui"}, to: []string{"croft/app/cli"}, why: "a window needs no command line"},
	{
		from: []string{"."}, except: []string{"app/ui", "main.go"}, to: []string{"fyne.io"},
		why: "everything but the window works and is tested without one",
	},
	{
		from: []string{"."}, except: []string{"engine/kernels", "android", "ios"}, to: []string{"C"},
		why: "C stays where its bounds are checked: in the kernels and the phones' native glue",
	},
	{
		from: []string{"."}, except: []string{"discovery", "app"}, to: []string{"net", "net/http"},
		why: "only app and discovery speak to a network, and only to my devices",
	},
	{
		from: []string{"app/ui", "app/cli", "app/chat", "app/models", "app/settings", "app/health"}, to: []string{"net", "net/http"},
		why: "only app/devices, app/router and app/lanapi speak to a network, and only to my devices",
	},
	{
		from: []string{"."}, except: []string{"discovery"},
		to:  []string{"net/rpc", "net/smtp", "net/textproto", "crypto/tls", "golang.org/x/net", "golang.org/x/crypto/ssh"},
		why: "connections are discovery's affair",
	},
	{from: []string{"."}, except: []string{"discovery/mdns"}, to: []string{"github.com/grandcat/zeroconf"}, why: "it opens sockets by itself"},
	{from: []string{"."}, except: []string{"app/router"}, to: []string{"github.com/sashabaranov"}, why: "it would speak to the internet if asked wrongly"},
}

type arrow struct {
	from   []string // folders or files
	except []string // folders or files below from that may
	to     []string // import paths, and all below each except "C"
	why    string
}

// doors are what opens a connection or waits for one. Only discovery/lan, which knows the rule for addresses, does that.
var doors = map[string][]string{
	"net": {
		"Dial", "DialTimeout", "DialTCP", "DialUDP", "DialIP", "DialUnix", "Dialer",
		"Listen", "ListenTCP", "ListenUDP", "ListenIP", "ListenUnix", "ListenPacket", "ListenMulticastUDP", "ListenConfig",
	},
	"http": {"Get", "Head", "Post", "PostForm", "DefaultClient", "DefaultTransport", "ListenAndServe", "ListenAndServeTLS"},
	"tls":  {"Dial", "DialWithDialer", "Dialer", "Listen"},
	// These have http.DefaultClient inside.
	"openai": {"NewClient", "NewOrgClient", "DefaultAzureConfig"},
}

// unguarded are values that dial by themselves unless one of these fields is set.
var unguarded = map[string][]string{
	"http.Client":    {"Transport"},
	"http.Transport": {"DialContext", "DialTLSContext"},
}

const doorkeeper = "discovery/lan"

// calls that would reach the network through a package that is allowed.
var forbiddenCalls = map[string]string{
	"LoadResourceFromURL":       "nothing leaves the device: Fyne would fetch it",
	"LoadResourceFromURLString": "nothing leaves the device: Fyne would fetch it",
}

// topLevel is what a newcomer finds first.
var topLevel = []string{
	"ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "FyneApp.toml", "LICENSE", "Makefile", "README.md", "SECURITY.md",
	"android", "app", "assets", "bench", "discovery", "engine", "go.mod", "go.sum", "ios", "laws_test.go", "main.go", "platforms_test.go", "scripts", "storage",
}

// ignoredTopLevel is what builds and editors leave there, and .gitignore names.
var ignoredTopLevel = regexp.MustCompile(`^(\..*|croft|.*\.(test|prof|out|gguf))$`)

const (
	linesMax         = 500 // of a file
	functionLinesMax = 70
)

// long lists the files and functions that may be longer, and why.
var long = map[string]string{}

var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "manager", "misc", "shared", "base"}

func TestLaws(t *testing.T) {
	tree, err := readTree(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.files) < 20 {
		t.Fatalf("only %d Go files found: the laws would hold for nothing", len(tree.files))
	}
	for _, broken := range tree.broken(long) {
		t.Error(broken)
	}
}

// tree is the source of the module, bench and other modules inside left out.
type tree struct {
	names []string // at the top
	files map[string]*source
}

type source struct {
	lines  int
	parsed *ast.File
	fset   *token.FileSet
}

func readTree(root fs.FS) (*tree, error) {
	t := &tree{files: map[string]*source{}}
	top, err := fs.ReadDir(root, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		t.names = append(t.names, e.Name())
	}
	err = fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return skipFolder(root, p)
		case path.Ext(p) == ".go":
			return t.add(root, p)
		}
		return nil
	})
	return t, err
}

func skipFolder(root fs.FS, dir string) error {
	if dir == "." {
		return nil
	}
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	if err == nil || strings.HasPrefix(path.Base(dir), ".") || path.Base(dir) == "testdata" {
		return fs.SkipDir
	}
	return nil
}

func (t *tree) add(root fs.FS, p string) error {
	b, err := fs.ReadFile(root, p)
	if err != nil {
		return err
	}
	s := &source{lines: strings.Count(string(b), "\n"), fset: token.NewFileSet()}
	s.parsed, err = parser.ParseFile(s.fset, p, b, parser.ParseComments)
	t.files[p] = s
	return err
}

// broken returns a sentence for each place where a law does not hold, and for
// each exception that nothing needs any more.
func (t *tree) broken(long map[string]string) []string {
	var out []string
	needed := map[string]bool{}
	for _, p := range slices.Sorted(maps.Keys(t.files)) {
		s := t.files[p]
		if !strings.HasSuffix(p, "_test.go") {
			out = append(out, s.brokenArrows(p)...)
			out = append(out, s.brokenCalls(p)...)
			out = append(out, s.tooLong(p, long, needed)...)
		}
	}
	out = append(out, t.brokenPackages()...)
	for _, name := range t.names {
		if !slices.Contains(topLevel, name) && !ignoredTopLevel.MatchString(name) {
			out = append(out, fmt.Sprintf("%s: the top of the tree holds only what topLevel names", name))
		}
	}
	for what := range long {
		if !needed[what] {
			out = append(out, fmt.Sprintf("%s: is short enough now, take it off the list", what))
		}
	}
	return out
}

func (s *source) brokenArrows(p string) (out []string) {
	for _, spec := range s.parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has said so
		}
		for _, a := range arrows {
			if a.forbids(p, imported) {
				out = append(out, fmt.Sprintf("%s imports %s: %s", p, imported, a.why))
			}
		}
	}
	return out
}

func (a arrow) forbids(file, imported string) bool {
	in := func(root string) bool { return root == "." || below(file, root) }
	to := func(target string) bool { return imported == target || target != "net" && below(imported, target) }
	return slices.ContainsFunc(a.from, in) && !slices.ContainsFunc(a.except, in) && slices.ContainsFunc(a.to, to)
}

// below reports whether p is root or lies below it.
func below(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

func (s *source) brokenCalls(p string) (out []string) {
	ast.Inspect(s.parsed, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if why, bad := forbiddenCalls[sel.Sel.Name]; bad {
				out = append(out, fmt.Sprintf("%v uses %s: %s", s.fset.Position(sel.Pos()), sel.Sel.Name, why))
			}
			if isDoor(sel) && !below(p, doorkeeper) {
				out = append(out, fmt.Sprintf("%v uses %s: only %s dials and listens", s.fset.Position(sel.Pos()), sel.Sel.Name, doorkeeper))
			}
		}
		if made, ok := n.(*ast.CompositeLit); ok && isUnguarded(made) {
			out = append(out, fmt.Sprintf("%v dials past the rule: only %s dials and listens", s.fset.Position(made.Pos()), doorkeeper))
		}
		return true
	})
	return out
}

func isDoor(sel *ast.SelectorExpr) bool {
	pkg, ok := sel.X.(*ast.Ident)
	return ok && slices.Contains(doors[pkg.Name], sel.Sel.Name)
}

func isUnguarded(made *ast.CompositeLit) bool {
	sel, ok := made.Type.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	if !ok {
		return false
	}
	guards, ok := unguarded[pkg.Name+"."+sel.Sel.Name]
	return ok && !slices.ContainsFunc(made.Elts, func(e ast.Expr) bool {
		field, ok := e.(*ast.KeyValueExpr)
		if !ok {
			return false
		}
		name, ok := field.Key.(*ast.Ident)
		return ok && slices.Contains(guards, name.Name)
	})
}

func (s *source) tooLong(p string, long map[string]string, needed map[string]bool) (out []string) {
	check := func(what string, lines, max int) {
		if lines <= max {
			return
		}
		needed[what] = true
		if long[what] == "" {
			out = append(out, fmt.Sprintf("%s has %d lines, at most %d are read in one go", what, lines, max))
		}
	}
	check(p, s.lines, linesMax)
	for _, d := range s.parsed.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			lines := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1
			check(p+" "+f.Name.Name, lines, functionLinesMax)
		}
	}
	return out
}

// brokenPackages looks for packages without a sentence that says what they are
// for, and for names that say nothing.
func (t *tree) brokenPackages() (out []string) {
	docs := map[string]string{}
	for p, s := range t.files {
		if dir := path.Dir(p); !strings.HasSuffix(p, "_test.go") {
			docs[dir] += s.parsed.Doc.Text()
		}
	}
	for _, dir := range slices.Sorted(maps.Keys(docs)) {
		if docs[dir] == "" {
			out = append(out, fmt.Sprintf("%s: no sentence says what the package is for", dir))
		}
		if slices.Contains(vagueNames, path.Base(dir)) {
			out = append(out, fmt.Sprintf("%s: the name does not say what is inside", dir))
		}
	}
	return out
}

// Each bad file breaks exactly the law it is named after, so that a law that
// stopped looking would be noticed.
func TestLawsFindWhatBreaksThem(t *testing.T) {
	long := "package chat\n\nfunc f() {\n" + strings.Repeat("\t_ = 1\n", functionLinesMax) + "}\n"
	for name, c := range map[string]struct{ file, code, want string }{
		"leaf to app":        {"engine/a/a.go", `import _ "croft/app/chat"`, "imports croft/app/chat"},
		"leaf to leaf":       {"storage/a.go", `import _ "croft/engine/gguf"`, "imports croft/engine/gguf"},
		"window to engine":   {"app/ui/page/a.go", `import _ "croft/engine"`, "imports croft/engine"},
		"command to store":   {"app/cli/a.go", `import _ "croft/storage"`, "imports croft/storage"},
		"use case to view":   {"app/chat/a.go", `import _ "croft/app/ui"`, "imports croft/app/ui"},
		"toolkit leaks":      {"app/chat/a.go", `import _ "fyne.io/fyne/v2"`, "imports fyne.io/fyne/v2"},
		"C leaks":            {"engine/tensor/a.go", `import "C"`, "imports C"},
		"network":            {"app/models/a.go", `import _ "net/http"`, "imports net/http"},
		"sockets":            {"engine/a_windows.go", `import _ "net"`, "imports net:"},
		"leaf to third leaf": {"discovery/lan/a.go", `import _ "croft/storage"`, "imports croft/storage"},
		"a door elsewhere":   {"discovery/trust/a.go", `var _ = net.Dial`, "only discovery/lan dials"},
		"devices from chat":  {"app/chat/a.go", `import _ "croft/discovery/trust"`, "imports croft/discovery/trust"},
		"devices from page":  {"app/ui/a.go", `import _ "croft/discovery/pairing"`, "imports croft/discovery/pairing"},
		"TLS in app":         {"app/devices/a.go", `import _ "crypto/tls"`, "imports crypto/tls"},
		"mDNS elsewhere":     {"app/devices/a.go", `import _ "github.com/grandcat/zeroconf"`, "imports github.com/grandcat/zeroconf"},
		"a door in app":      {"app/devices/a.go", `var _ = net.Listen`, "only discovery/lan dials"},
		"the usual client":   {"app/router/a.go", `var _ = http.Client{Timeout: 1}`, "dials past the rule"},
		"the usual dialer":   {"app/router/a.go", `var _ = &http.Transport{Proxy: nil}`, "dials past the rule"},
		"their client":       {"app/router/a.go", `var _ = openai.NewClient`, "only discovery/lan dials"},
		"network by Fyne":    {"app/ui/a.go", `var _ = fyne.LoadResourceFromURLString`, "uses LoadResourceFromURLString"},
		"vague name":         {"app/chat/util/a.go", "", "does not say what is inside"},
		"long function":      {"app/chat/a.go", strings.TrimPrefix(long, "package chat"), "f has 72 lines"},
		"long file":          {"app/chat/a.go", strings.Repeat("\n", linesMax), "app/chat/a.go has 50"},
		"something at root":  {"helpers.go", "", "only what topLevel names"},
	} {
		t.Run(name, func(t *testing.T) {
			code := "// Package a is bad.\npackage a\n" + c.code + "\n"
			wantBroken(t, fstest.MapFS{c.file: {Data: []byte(code)}}, c.want)
		})
	}
	t.Run("no sentence", func(t *testing.T) {
		wantBroken(t, fstest.MapFS{"app/chat/a.go": {Data: []byte("package a\n")}}, "no sentence")
	})
	t.Run("nothing", func(t *testing.T) {
		good := fstest.MapFS{
			"app/ui/a.go":        {Data: []byte("// Package ui is good.\npackage ui\nimport _ \"fyne.io/fyne/v2\"\n")},
			"app/ui/a_test.go":   {Data: []byte("package ui\nimport _ \"net/http\"\n")},
			"discovery/lan/a.go": {Data: []byte("// Package lan is good.\npackage lan\nimport \"net\"\nvar _ = net.Dial\n")},
			"app/chat/a.go":      {Data: []byte("// Package chat is good.\npackage chat\nimport _ \"net/url\"\n")},
			"app/a.go":           {Data: []byte("// Package app is good.\npackage app\nimport _ \"croft/discovery/lan\"\n")},
			"app/router/a.go": {Data: []byte(
				"// Package router is good.\npackage router\nimport \"net/http\"\nvar _ = http.Client{Transport: &http.Transport{DialContext: nil}}\n")},
			"bench/go.mod": {Data: []byte("module croft/bench\n")},
			"bench/a.go":   {Data: []byte("package main\nimport _ \"net/http\"\n")},
		}
		wantBroken(t, good, "")
	})
}

// wantBroken fails unless the tree breaks one law, with want in its sentence,
// or none when want is empty.
func wantBroken(t *testing.T, root fs.FS, want string) {
	t.Helper()
	tree, err := readTree(root)
	if err != nil {
		t.Fatal(err)
	}
	got := tree.broken(nil)
	if want == "" && len(got) == 0 {
		return
	}
	if want == "" || len(got) != 1 || !strings.Contains(got[0], want) {
		t.Errorf("found %q, want one sentence with %q", got, want)
	}
}

func TestAnExceptionThatNothingNeedsIsFound(t *testing.T) {
	tree, err := readTree(fstest.MapFS{"app/chat/a.go": {Data: []byte("// Package a.\npackage a\n")}})
	if err != nil {
		t.Fatal(err)
	}
	if got := tree.broken(map[string]string{"app/chat/a.go": "was long once"}); len(got) != 1 {
		t.Errorf("found %q, want the exception to be named", got)
	}
}
