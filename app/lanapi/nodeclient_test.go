package lanapi

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The routes as OpenAI's own client sees them, which nobody here wrote.
func TestNodeClient(t *testing.T) {
	l := newLibrary(t)
	l.script(&script{
		pieces: []string{"I look.\n", `<tool_call>{"name": "weather", "arguments": {"city": "Bern"}}`, "</tool_call>"},
		model:  Model{Template: hermesTemplate},
	})
	dir := installNodeClient(t)
	programs := servePrograms(t, Options{Models: l})
	poor := httptest.NewServer(New(Options{
		Models: l, Caller: func(context.Context) (string, Rights, bool) { return "phone", Rights{Notes: true}, true },
	}).Handler())
	defer poor.Close()

	texts := []string{"the dog", "a stone"}
	embedded, err := json.Marshal(map[string]any{"input": texts, "vectors": l.inspected(t, texts)})
	if err != nil {
		t.Fatal(err)
	}
	run := exec.CommandContext(t.Context(), "node", "check.mjs")
	run.Dir = dir
	run.Env = append(os.Environ(), "BASE="+programs.URL+"/v1", "KEY="+token, "NO_RIGHTS_BASE="+poor.URL+"/v1", "EMBEDDED="+string(embedded))
	out, err := run.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if n := strings.Count(string(out), "ok "); n < 8 {
		t.Errorf("only %d checks ran:\n%s", n, out)
	}
}

// installNodeClient returns a folder with the script and the client it uses.
func installNodeClient(t *testing.T) string {
	t.Helper()
	for _, program := range []string{"node", "npm"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("%s is not installed, so OpenAI's client for it cannot be tried", program)
		}
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "openai-node"))); err != nil {
		t.Fatal(err)
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		for _, unreachable := range []string{"ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ENETUNREACH", "ETIMEDOUT", "ENOTCACHED"} {
			if strings.Contains(string(out), unreachable) {
				t.Skipf("the npm registry cannot be reached (%s), so OpenAI's client cannot be tried", unreachable)
			}
		}
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	return dir
}
