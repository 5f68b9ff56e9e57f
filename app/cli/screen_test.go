package cli

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"croft/app/chat"
)

// growing is a reply as watchers see it: first the thinking grows, then the text.
var growing = []chat.Message{
	{State: chat.Waiting},
	{State: chat.Writing, Thinking: "Hm"},
	{State: chat.Writing, Thinking: "Hm."},
	{State: chat.Writing, Thinking: "Hm.", Text: "Y\x1b[2Jes"},
	{State: chat.Complete, Thinking: "Hm.", Text: "Y\x1b[2Jes, it is", Stats: &chat.Stats{ReplyTokens: 5, TokensPerSecond: 10, Reason: "stop"}},
}

func printed(t *testing.T, terminal bool) (out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	p := newPrinter(&screen{&o, terminal, terminal}, &screen{&e, terminal, terminal})
	for _, m := range growing {
		p.show(m)
	}
	if err := p.end(growing[len(growing)-1], chat.Update{ContextUsed: 1500, ContextMax: 4096}); err != nil {
		t.Error(err)
	}
	return o.String(), e.String()
}

func TestAReplyGrowsOnATerminal(t *testing.T) {
	out, errs := printed(t, true)
	want := "\x1b[2mHm\x1b[0m\x1b[2m.\x1b[0m\n\nY[2Jes, it is\n" +
		"\x1b[2m5 tokens, 10.0 a second, first after 0.0 s, context 1,500 of 4,096\x1b[0m\n\n"
	if out != want {
		t.Errorf("printed %q, want %q", out, want)
	}
	if !strings.Contains(errs, "Reading") || !strings.HasSuffix(errs, "\r\x1b[K") {
		t.Errorf("the passing line is %q", errs)
	}
}

func TestAReplyInAFileIsTheTextAlone(t *testing.T) {
	out, errs := printed(t, false)
	if out != "Y\x1b[2Jes, it is\n" || errs != "" {
		t.Errorf("printed %q and %q", out, errs)
	}
}

func TestHome(t *testing.T) {
	env := map[string]string{"FILESDIR": "/data/user/0/croft/files", "CROFT_HOME": "/from/env", "XDG_DATA_HOME": "/data", "AppData": "/roaming"}
	getenv := func(name string) string { return env[name] }
	if dir, err := homeDir("/from/flag", getenv); err != nil || dir != filepath.FromSlash("/from/flag") {
		t.Errorf("--home gives %q, %v", dir, err)
	}
	if dir, err := homeDir("", getenv); err != nil || dir != filepath.FromSlash("/from/env") {
		t.Errorf("CROFT_HOME gives %q, %v", dir, err)
	}
	for goos, want := range map[string]string{"linux": "/data/croft", "windows": "/roaming/Croft", "darwin": "Library/Application Support/Croft", "ios": "Library/Application Support/Croft", "android": "croft/files/croft"} {
		if dir, err := defaultHome(goos, getenv); err != nil || !strings.HasSuffix(filepath.ToSlash(dir), want) {
			t.Errorf("on %s it is %q, %v", goos, dir, err)
		}
	}
	delete(env, "AppData")
	delete(env, "FILESDIR")
	for _, goos := range []string{"windows", "android"} {
		if dir, err := defaultHome(goos, getenv); err == nil {
			t.Errorf("on %s it is %q though the system says nothing", goos, dir)
		}
	}
}

func TestDisplay(t *testing.T) {
	for _, c := range []struct {
		goos, name string
		want       bool
	}{{"linux", "", false}, {"linux", "DISPLAY", true}, {"linux", "WAYLAND_DISPLAY", true}, {"darwin", "", true}, {"windows", "", true}} {
		getenv := func(name string) string {
			if name == c.name {
				return "set"
			}
			return ""
		}
		if got := hasDisplay(c.goos, getenv); got != c.want {
			t.Errorf("on %s with %q: %v", c.goos, c.name, got)
		}
	}
}
