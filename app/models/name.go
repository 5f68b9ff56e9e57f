package models

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

const (
	nameMax      = 80   // runes
	nameBytesMax = 4096 // of what a name is made of; a file may claim a megabyte
)

var (
	// quantName is a weight type at the end of a file's name: "Q4_K_M", "IQ4_XS", "UD-Q6_K_XL", "bf16", "MXFP4".
	quantName = regexp.MustCompile(`(?i)[-_. ]+(ud[-_])?(i?q\d+(_[0-9a-z]+)*|bf16|f16|f32|fp16|fp32|mxfp4|tq[12]_0)(\.imx)?$`)
	// sizeName is a count of parameters: "0.6B", "270m", "8x7B".
	sizeName  = regexp.MustCompile(`(?i)(^|[^0-9a-z.])(\d+x)?\d+(\.\d+)?[bm]($|[^0-9a-z])`)
	extension = regexp.MustCompile(`(?i)\.gguf$`)
	// hexName is a name that is only a hash.
	hexName = regexp.MustCompile(`(?i)^(sha256[-: ])?[0-9a-f]{16,}$`)
)

// nameOf is a name that a person understands: what the file calls itself, or else what it or its folder is called,
// without the weight type and with the number of parameters.
func nameOf(general, path string, parameters int64) string {
	for _, candidate := range []string{general, filepath.Base(path), filepath.Base(filepath.Dir(path))} {
		if name := tidy(candidate); telling(name) {
			return withSize(name, parameters)
		}
	}
	return withSize("Model", parameters)
}

// tidy makes words of a file's name or of what a file says its name is.
func tidy(s string) string {
	s = strings.ToValidUTF8(s[max(0, len(s)-nameBytesMax):], "")
	s = extension.ReplaceAllString(strings.TrimSpace(s), "")
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		s = s[i+1:]
	}
	s = strings.TrimSuffix(quantName.ReplaceAllString(s, ""), "-GGUF")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '-' || r == '_' || unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, s)
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = capital(w)
	}
	return clip(strings.Join(words, " "))
}

// capital gives an all-lower-case word a capital, and a size its unit in capitals.
func capital(w string) string {
	if sizeName.MatchString(w) {
		return strings.ToUpper(w[:len(w)-1]) + strings.ToUpper(w[len(w)-1:])
	}
	if w != strings.ToLower(w) {
		return w
	}
	r := []rune(w)
	r[0] = unicode.ToUpper(r[0])
	return string(r)
}

func clip(s string) string {
	if r := []rune(s); len(r) > nameMax {
		return strings.TrimSpace(string(r[:nameMax-1])) + "…"
	}
	return s
}

// telling refuses names that say nothing.
func telling(name string) bool {
	switch strings.ToLower(name) {
	case "", ".", "model", "models", "ggml model", "merged", "output", "llama", "blobs", "snapshots", "default", "tmp", "downloads":
		return false
	}
	return !hexName.MatchString(name)
}

// withSize appends the number of parameters where the name does not tell it.
func withSize(name string, parameters int64) string {
	if parameters < 1e6 || sizeName.MatchString(name) {
		return name
	}
	return name + " " + sizeLabel(parameters)
}

// sizeLabel writes a number of parameters as model names do: "0.6B", "8B", "270M".
func sizeLabel(n int64) string {
	switch b := float64(n) / 1e9; {
	case b >= 9.95:
		return fmt.Sprintf("%.0fB", b)
	case b >= 0.45:
		return strings.Replace(fmt.Sprintf("%.1fB", b), ".0B", "B", 1)
	}
	return fmt.Sprintf("%.0fM", float64(n)/1e6)
}
