package template

import (
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

// hostile are templates that ask for more time, memory or nesting than there is.
var hostile = map[string]string{
	"loops":            `{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}`,
	"loops of nothing": `{% for a in range(99999) %}{% for b in range(99999) %}{% continue %}{% endfor %}{% endfor %}`,
	"recursion":        `{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}`,
	"two macros":       `{% macro a(n) %}{{ b(n) }}{{ b(n) }}{% endmacro %}{% macro b(n) %}{{ a(n) }}{% endmacro %}{{ a(1) }}`,
	"recursive loop":   `{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}`,
	"fork":             `{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(60) }}`,
	"long range":       `{{ range(100001) }}`,
	"repeated text":    `{{ 'a' * 999999999999 }}`,
	"repeated list":    `{{ [0] * 999999999999 }}`,
	"huge repetition":  `{{ 'ab' * 9223372036854775807 }}`,
	"doubling":         `{% set n = namespace(t='aaaaaaaa') %}{% for i in range(99) %}{% set n.t = n.t ~ n.t %}{% endfor %}{{ n.t|length }}`,
	"doubled sum":      `{% set n = namespace(t='aaaaaaaa') %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}`,
	"doubled list":     `{% set n = namespace(t=[1]) %}{% for i in range(99) %}{% set n.t = n.t + n.t %}{% endfor %}`,
	"nested list":      `{% set n = namespace(t=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t }}`,
	"nested json":      `{% set n = namespace(t=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% endfor %}{{ n.t|tojson }}`,
	"nested equal":     `{% set n = namespace(t=[1], u=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% set n.u = [n.u, n.u] %}{% endfor %}{{ n.t == n.u }}`,
	"nested order":     `{% set n = namespace(t=[1], u=[1]) %}{% for i in range(64) %}{% set n.t = [n.t, n.t] %}{% set n.u = [n.u, n.u] %}{% endfor %}{{ n.t < n.u }}`,
	"nested key":       `{% set n = namespace(t=(1,)) %}{% for i in range(64) %}{% set n.t = (n.t, n.t) %}{% endfor %}{{ {n.t: 1} }}`,
	"deep value":       `{% set n = namespace(t=[]) %}{% for i in range(20000) %}{% set n.t = [n.t] %}{% endfor %}{{ n.t }}`,
	"cycle":            `{% set n = namespace() %}{% set n.n = n %}{{ n }}`,
	"loop of itself":   `{% for i in [1,2] %}{% set l = [loop, loop] %}{{ l|list|length }}{{ loop|list }}{% endfor %}{{ 'a' * 99999999 }}`,
	"replace":          `{{ ('a' * 10000)|replace('', 'b' * 100000) }}`,
	"replace method":   `{{ ('a' * 10000).replace('a', 'b' * 100000) }}`,
	"join":             `{{ (range(100000)|list)|join('a' * 100000) }}`,
	"join method":      `{{ ('a' * 100000).join('b' * 100000) }}`,
	"centre":           `{{ 'a'|center(99999999999) }}`,
	"just":             `{{ 'a'.ljust(99999999) }}`,
	"zfill":            `{{ 'a'.zfill(9999999999) }}`,
	"tabs":             `{{ ('\t' * 100000).expandtabs(60000) }}`,
	"indent":           `{{ ('\n' * 100000)|indent(100000) }}`,
	"indent width":     `{{ 'a'|indent(99999999999, true) }}`,
	"json indent":      `{{ [[[1]]]|tojson(indent=999999999) }}`,
	"percent width":    `{{ '%999999999999d' % 1 }}`,
	"percent star":     `{{ '%*d' % (999999999, 1) }}`,
	"percent places":   `{{ '%.999999999f' % 1 }}`,
	"percent digits":   `{{ '%.999999999d' % 1 }}`,
	"percent many":     `{{ ('%s' * 5000) % ((['a' * 10000] * 5000)|batch(5000)|first|list + [])|string }}{{ 'a' * 99999999 }}`,
	"format width":     `{{ '{:99999999999}'.format(1) }}`,
	"format zeros":     `{{ '{:0999999999,}'.format(1) }}`,
	"format places":    `{{ '{:.99999999f}'.format(1) }}`,
	"power":            `{{ 9 ** (9 ** 9) }}`,
	"power of big":     `{{ (2 ** 16000) ** 1000 }}`,
	"factorial":        `{% set n = namespace(f=1) %}{% for i in range(1, 99999) %}{% set n.f = n.f * i %}{% endfor %}`,
	"big literal":      `{{ 1` + strings.Repeat("0", 20000) + ` }}`,
	"batch":            `{{ [1]|batch(999999999, 0)|list }}`,
	"slices":           `{{ [1]|slice(999999999)|list }}`,
	"strftime":         `{% for i in range(99999) %}{{ strftime_now('%A' * 100000) }}{% endfor %}`,
	"scans":            `{% set t = 'é' * 4000000 %}{% for i in range(99999) %}{{ t[i] }}{% endfor %}`,
	"finds":            `{% set t = 'a' * 8000000 %}{% for i in range(99999) %}{{ t.find('b') }}{% endfor %}`,
	"counts":           `{% set t = 'a' * 8000000 %}{% for i in range(99999) %}{{ t|length }}{% endfor %}`,
	"tests":            `{% set t = 'a' * 8000000 %}{% for i in range(99999) %}{{ 'b' in t }}{% endfor %}`,
	"equal texts":      `{% set t = 'a' * 8000000 %}{% set u = 'a' * 8000000 %}{% for i in range(99999) %}{{ t == u }}{% endfor %}`,
	"sort":             `{% for i in range(99999) %}{{ range(99999)|sort(reverse=true)|length }}{% endfor %}`,
	"pops":             `{% set l = range(99999)|list %}{% for i in range(99999) %}{% set _ = l.pop(0) %}{% endfor %}{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}`,
	"captures":         `{% set n = namespace(t='a' * 1000000) %}{% for i in range(99999) %}{% set x %}{{ n.t }}{% endset %}{% endfor %}`,
	"output":           `{% set t = 'a' * 1000000 %}{% for i in range(99999) %}{{ t }}{% endfor %}`,
	"literal output":   `{% for i in range(99999) %}` + strings.Repeat("text ", 1000) + `{% endfor %}`,
	"escapes":          `{% set n = namespace(t='&') %}{% for i in range(99) %}{% set n.t = n.t|forceescape|string ~ n.t %}{% endfor %}`,
	"maps":             `{% set n = namespace(t=[1]) %}{% for i in range(3000) %}{% set n.t = n.t|map('string') %}{% endfor %}{{ n.t|list }}{{ 'a' * 99999999 }}`,
	"brackets":         `{{ ` + strings.Repeat("(", 100000) + `1` + strings.Repeat(")", 100000) + ` }}`,
	"lists":            `{{ ` + strings.Repeat("[", 100000),
	"minuses":          `{{ ` + strings.Repeat("-", 100000) + `1 }}`,
	"nots":             `{{ ` + strings.Repeat("not ", 100000) + `1 }}`,
	"sum chain":        `{{ 1` + strings.Repeat("+1", 100000) + ` }}`,
	"filter chain":     `{{ 1` + strings.Repeat("|abs", 100000) + ` }}`,
	"look-up chain":    `{{ a` + strings.Repeat(".b", 100000) + ` }}`,
	"if chain":         `{{ 1` + strings.Repeat(" if 1 else 1", 100000) + ` }}`,
	"or chain":         `{{ 1` + strings.Repeat(" or 1", 100000) + ` }}`,
	"ifs":              strings.Repeat("{% if 1 %}", 100000),
	"targets":          `{% set ` + strings.Repeat("(", 100000),
	"too long":         strings.Repeat("a", sourceMax+1),
}

// TestHostile holds each hostile template to a failure, without much garbage, on a twentieth of the steps that Render gives.
func TestHostile(t *testing.T) {
	for name, source := range hostile {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			out, err := renderSteps(source, stepsMax/20)
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Errorf("rendered %d bytes, want an error", len(out))
			}
			if n := after.TotalAlloc - before.TotalAlloc; n > 512<<20 {
				t.Errorf("allocated %d MiB", n>>20)
			}
		})
	}
}

// TestSteps uses all steps up. The time is only logged, since it is the machine's; it should be a few seconds.
func TestSteps(t *testing.T) {
	start := time.Now()
	if _, err := renderText(hostile["loops"]); !errors.Is(err, ErrLimit) {
		t.Errorf("got %v, want ErrLimit", err)
	}
	t.Logf("%d steps in %v", stepsMax, time.Since(start))
}

func TestLimitError(t *testing.T) {
	for _, name := range []string{"loops", "recursion", "doubling", "long range", "brackets", "too long", "power"} {
		if _, err := renderSteps(hostile[name], stepsMax/20); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: got %v, want ErrLimit", name, err)
		}
	}
}
