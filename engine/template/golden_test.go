package template

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// goldenFile is one template with conversations rendered by Python's jinja2.
type goldenFile struct {
	Template string
	BOS      *string `json:"bos_token"`
	EOS      *string `json:"eos_token"`
	Now      string
	Cases    []struct {
		Name                    string
		Messages, Tools, Kwargs json.RawMessage
		Expected                *string
		ExpectedError           string `json:"expected_error"`
		ErrorKind               string `json:"error_kind"`
	}
}

// goldenTemplates is the folder of reference templates, or "" where it is not here.
func goldenTemplates(t testing.TB) string {
	root := os.Getenv("CROFT_GOLDEN")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "golden")
	}
	folder := filepath.Join(root, "templates")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no reference templates: %v (set CROFT_GOLDEN)", err)
	}
	return folder
}

func TestGolden(t *testing.T) {
	folder := goldenTemplates(t)
	files, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in %s: %v", folder, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) { checkGolden(t, folder, file) })
	}
}

func checkGolden(t *testing.T, folder, file string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var g goldenFile
	if err := json.Unmarshal(raw, &g); err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(filepath.Join(folder, "jinja", g.Template))
	if err != nil {
		t.Fatal(err)
	}
	now, err := time.Parse("2006-01-02T15:04:05", g.Now)
	if err != nil {
		t.Fatal(err)
	}
	tpl, err := Parse(string(source))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range g.Cases {
		got, err := tpl.Render(Conversation{c.Messages, c.Tools, c.Kwargs, g.BOS, g.EOS, now})
		var raised *RaiseError
		switch {
		case c.Expected != nil && err != nil:
			t.Errorf("%s: %v", c.Name, err)
		case c.Expected != nil && got != *c.Expected:
			t.Errorf("%s: got\n%q, want\n%q", c.Name, got, *c.Expected)
		case c.Expected == nil && err == nil:
			t.Errorf("%s: got %q, want the error %q", c.Name, got, c.ExpectedError)
		case c.ErrorKind == "raise_exception" && (!errors.As(err, &raised) || raised.Message != c.ExpectedError):
			t.Errorf("%s: got the error %v, want %q raised", c.Name, err, c.ExpectedError)
		}
	}
}

// TestGoldenParse reads every reference template, those without cases too.
func TestGoldenParse(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(goldenTemplates(t), "jinja", "*.jinja"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no templates: %v", err)
	}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(string(source)); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
}
