package look

import (
	"fmt"
	"strconv"
	"time"

	"fyne.io/fyne/v2/lang"
)

// thin stands between a number and its unit.
const thin = "\u2009"

// Bytes writes a size with three figures at most: "639 MB", "2.5 GB".
func Bytes(n int64) string {
	switch {
	case n >= 1e9:
		return figure(float64(n)/1e9) + thin + "GB"
	case n >= 1e6:
		return figure(float64(n)/1e6) + thin + "MB"
	case n >= 1e3:
		return figure(float64(n)/1e3) + thin + "kB"
	}
	return strconv.FormatInt(n, 10) + thin + "B"
}

// figure keeps one decimal below ten and none of ".0".
func figure(v float64) string {
	if v >= 99.95 {
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	s := strconv.FormatFloat(v, 'f', 1, 64)
	if len(s) > 2 && s[len(s)-2:] == ".0" {
		return s[:len(s)-2]
	}
	return s
}

// Rate writes tokens a second: "38 tok/s".
func Rate(tps float64) string {
	if tps < 10 {
		return figure(tps) + thin + "tok/s"
	}
	return strconv.FormatFloat(tps, 'f', 0, 64) + thin + "tok/s"
}

// Span writes a duration in the unit a person would use: "1.2 s", "3 min 20 s".
func Span(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return figure(d.Seconds()) + thin + "s"
	case d < time.Minute:
		return fmt.Sprintf("%.0f%ss", d.Seconds(), thin)
	case d < time.Hour:
		return fmt.Sprintf("%d%smin %d%ss", int(d.Minutes()), thin, int(d.Seconds())%60, thin)
	}
	return fmt.Sprintf("%d%sh %d%smin", int(d.Hours()), thin, int(d.Minutes())%60, thin)
}

// Percent writes a share of 1: "34 %".
func Percent(share float64) string {
	return strconv.Itoa(int(share*100+0.5)) + thin + "%"
}

// Tokens writes a number of tokens as model makers do: "32k".
func Tokens(n int) string {
	if n >= 1024 && n%1024 == 0 {
		return strconv.Itoa(n/1024) + "k"
	}
	if n >= 10000 {
		return strconv.Itoa((n+500)/1000) + "k"
	}
	return strconv.Itoa(n)
}

// Left says how long something will still take, once that can be known.
func Left(done, total int64, since time.Duration) string {
	if done <= 0 || since < time.Second/2 || done >= total {
		return ""
	}
	rest := time.Duration(float64(since) * float64(total-done) / float64(done))
	return lang.L("{{.Time}} left", map[string]string{"Time": Span(rest.Round(time.Second))})
}
