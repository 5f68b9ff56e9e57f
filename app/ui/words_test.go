package ui

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"croft/app/models"
	"croft/assets"
)

// words returns every text that the window gives to lang.L.
func words(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	files := token.NewFileSet()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		tree, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			if text, ok := localized(n); ok {
				found[text] = true
			}
			return true
		})
		return nil
	})
	if err != nil || len(found) < 50 {
		t.Fatalf("%d words found, %v", len(found), err)
	}
	for _, text := range carried() {
		found[text] = true
	}
	return found
}

// carried are the words that come with what the window shows: the starter's card and the suggested models.
func carried() []string {
	card := assets.StarterCard()
	all := []string{card.Purpose}
	for _, f := range card.Figures {
		all = append(all, f.What)
	}
	for _, s := range models.Catalogue() {
		all = append(all, s.GoodAt)
	}
	return all
}

// localized returns the text of a call of lang.L.
func localized(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "L" {
		return "", false
	}
	lit, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(lit.Value)
	return text, err == nil
}

func TestTranslationsAreComplete(t *testing.T) {
	want := words(t)
	files, err := assets.Translations.ReadDir("translations")
	if err != nil || len(files) == 0 {
		t.Fatalf("no translations: %v", err)
	}
	for _, f := range files {
		data, err := assets.Translations.ReadFile("translations/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		have := map[string]string{}
		if err := json.Unmarshal(data, &have); err != nil {
			t.Fatalf("%s: %v", f.Name(), err)
		}
		for w := range want {
			if have[w] == "" {
				t.Errorf("%s has no word for %q", f.Name(), w)
			}
			if strings.Count(have[w], "{{.") != strings.Count(w, "{{.") {
				t.Errorf("%s: %q has other fields than %q", f.Name(), have[w], w)
			}
		}
		for w := range have {
			if !want[w] {
				t.Errorf("%s has a word that is not used: %q", f.Name(), w)
			}
		}
	}
}
