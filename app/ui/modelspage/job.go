package modelspage

import (
	"context"
	"strings"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/lang"

	"croft/app/health"
	"croft/app/ui/box"
	"croft/app/ui/control"
	"croft/app/ui/look"
	"croft/app/ui/prose"
)

// job is a file that is being taken in.
type job struct {
	page       *Page
	path, name string
	problem    *health.Problem // why it was refused
	cancelled  bool
	cancel     context.CancelFunc
	facts      string // below the name

	mu      sync.Mutex
	started time.Time
	shown   time.Time

	share float64
	text  string
	bars  []bar // one on each page that shows the job
}

// bar is how far a job is, as it is seen.
type bar struct {
	meter *control.Meter
	words *control.Words
}

func newBar(share float64, text string) bar {
	b := bar{control.NewMeter(0), control.NewWords(text, look.TextSmall, look.Soft).Shrinking()}
	b.meter.Set(share, look.Accent)
	return b
}

func newJob(p *Page, path, name string) *job {
	return &job{page: p, path: path, name: name, started: time.Now(), text: lang.L("Looking at the file…")}
}

// progress is called from the goroutine that copies.
func (j *job) progress(done, total int64) {
	j.mu.Lock()
	since, due := time.Since(j.started), time.Since(j.shown) >= stepTime || done == total
	if due {
		j.shown = time.Now()
	}
	j.mu.Unlock()
	if due && total > 0 {
		text := progressText(done, total, since)
		j.page.bridge.Do(func() { j.show(float64(done)/float64(total), text) })
	}
}

// show says how far the job is.
func (j *job) show(share float64, text string) {
	j.share, j.text = share, text
	for _, b := range j.bars {
		b.meter.Set(share, look.Accent)
		b.words.Set(text)
	}
}

// progressText is "1.4 GB of 2.5 GB   86 MB/s   12 s left".
func progressText(done, total int64, since time.Duration) string {
	parts := []string{lang.L("{{.Done}} of {{.Total}}", map[string]string{"Done": look.Bytes(done), "Total": look.Bytes(total)})}
	if s := since.Seconds(); s > 0.3 {
		parts = append(parts, look.Bytes(int64(float64(done)/s))+"/s")
	}
	if left := look.Left(done, total, since); left != "" {
		parts = append(parts, left)
	}
	return strings.Join(parts, "   ")
}

// card shows the job, or why it failed.
func (j *job) card() fyne.CanvasObject {
	if j.problem != nil {
		return j.refused()
	}
	stop := control.NewIconButton(lang.L("Cancel"), "close", func() {
		j.cancelled = true
		j.cancel()
	})
	head := heading(j.name, j.facts, nil, stop)
	b := newBar(j.share, j.text)
	j.bars = append(j.bars, b)
	return box.NewCard(cardPad, box.NewColumn(8, head, b.words, b.meter))
}

func (j *job) refused() fyne.CanvasObject {
	ok := control.NewIconButton(lang.L("Close"), "close", func() { j.page.drop(j) })
	text := strings.TrimSpace(j.problem.Sentence + " " + j.problem.Next)
	body := prose.NewSentence(text, look.TextSmall, look.Warn)
	return box.NewCard(cardPad, box.NewColumn(6, heading(j.name, "", nil, ok), body))
}
