package models

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The programs whose models are offered.
const (
	lmStudio    = "LM Studio"
	ollama      = "Ollama"
	llamaCpp    = "llama.cpp"
	jan         = "Jan"
	gpt4All     = "GPT4All"
	huggingFace = "Hugging Face"
)

// place is a folder in which another program keeps its models.
type place struct {
	program string
	dir     string
}

// places are looked through in this order.
type places []place

// herePlaces are the places of this person on this device.
func herePlaces() places {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	return placesOf(runtime.GOOS, home, os.Getenv)
}

// placesOf lists where each program documents to keep its models; a folder named by the environment goes first.
func placesOf(goos, home string, getenv func(string) string) places {
	var all places
	in := func(program string, dirs ...string) {
		for _, dir := range dirs {
			if filepath.IsAbs(dir) {
				all = append(all, place{program, filepath.Clean(dir)})
			}
		}
	}
	under := func(path string) string { return filepath.Join(home, filepath.FromSlash(path)) }
	in(lmStudio, under(".lmstudio/models"), under(".cache/lm-studio/models"))
	in(ollama, getenv("OLLAMA_MODELS"), under(".ollama/models"))
	in(llamaCpp, getenv("LLAMA_CACHE"))
	in(huggingFace, getenv("HF_HUB_CACHE"), below(getenv("HF_HOME"), "hub"), under(".cache/huggingface/hub"))
	in(jan, under("jan/models"))
	switch goos {
	case "darwin":
		in(llamaCpp, under("Library/Caches/llama.cpp"))
		in(jan, under("Library/Application Support/Jan/data"))
		in(gpt4All, under("Library/Application Support/nomic.ai/GPT4All"))
	case "windows":
		in(llamaCpp, below(getenv("LOCALAPPDATA"), "llama.cpp"))
		in(jan, below(getenv("APPDATA"), "Jan", "data"))
		in(gpt4All, below(getenv("LOCALAPPDATA"), "nomic.ai", "GPT4All"))
	default:
		data := firstOf(getenv("XDG_DATA_HOME"), under(".local/share"))
		in(ollama, "/usr/share/ollama/.ollama/models")
		in(llamaCpp, filepath.Join(firstOf(getenv("XDG_CACHE_HOME"), under(".cache")), "llama.cpp"))
		in(jan, filepath.Join(data, "Jan", "data"), under(".config/Jan/data"))
		in(gpt4All, filepath.Join(data, "nomic.ai", "GPT4All"))
	}
	return all
}

// below joins names to dir, unless that is not set.
func below(dir string, names ...string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(append([]string{dir}, names...)...)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// sourceOf is whose folder a file lies in, or else that folder.
func (ps places) sourceOf(path string) string {
	for _, p := range ps {
		if inside(p.dir, path) {
			return p.program
		}
	}
	return filepath.Dir(path)
}

// namePath is the path that tells a file's name: Ollama's files are named in its manifests only.
func (ps places) namePath(path string) string {
	for _, p := range ps {
		if p.program == ollama && inside(p.dir, path) {
			if name, ok := manifestNames(p.dir)[filepath.Base(path)]; ok {
				return name
			}
		}
	}
	return path
}

func inside(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
