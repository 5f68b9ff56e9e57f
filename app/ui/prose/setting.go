package prose

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// setting is text set to a width.
type setting struct {
	paras  []Para
	width  float32
	starts []int // the offset of each paragraph
	lines  []line
	height float32
	text   string // what is copied: paragraphs and the line breaks between them
}

// joinText writes the paragraphs as they are copied and notes where each begins.
func (s *setting) joinText() {
	var b strings.Builder
	s.starts = s.starts[:0]
	for i := range s.paras {
		if i > 0 {
			b.WriteByte('\n')
			if s.paras[i].Before > 8 {
				b.WriteByte('\n')
			}
		}
		if m := s.paras[i].Marker; m != "" {
			b.WriteString(m + " ")
		}
		s.starts = append(s.starts, b.Len())
		b.WriteString(s.paras[i].text())
	}
	s.text = b.String()
}

// lay sets the paragraphs from the given one on; the lines above stay.
func (s *setting) lay(from int, width float32) {
	s.width = width
	keep := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].para >= from })
	s.lines = s.lines[:keep]
	y := float32(0)
	if keep > 0 {
		y = s.lines[keep-1].y + s.lines[keep-1].height
	}
	for i := from; i < len(s.paras); i++ {
		if i > 0 {
			y += s.paras[i].Before
		}
		set := wrap(&s.paras[i], i, s.starts[i], width)
		for j := range set {
			set[j].y += y
		}
		s.lines = append(s.lines, set...)
		last := set[len(set)-1]
		y = last.y + last.height
	}
	s.height = y
}

// replace takes new paragraphs and sets again what differs from the old ones.
// It returns the first line that changed.
func (s *setting) replace(paras []Para, width float32) int {
	same := 0
	if width == s.width && width > 0 {
		for same < len(paras) && same < len(s.paras) && equal(&paras[same], &s.paras[same]) {
			same++
		}
	}
	s.paras = paras
	s.joinText()
	keep := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].para >= same })
	if width > 0 {
		s.lay(same, width)
	}
	return keep
}

func equal(a, b *Para) bool {
	if len(a.Spans) != len(b.Spans) || a.Points != b.Points || a.Ink != b.Ink || a.Before != b.Before ||
		a.Indent != b.Indent || a.Marker != b.Marker || a.Quote != b.Quote || a.Rule != b.Rule || a.Code != b.Code || a.Align != b.Align {
		return false
	}
	for i := range a.Spans {
		if a.Spans[i] != b.Spans[i] {
			return false
		}
	}
	return true
}

// between returns the lines [first, last) that touch a stretch of height.
func (s *setting) between(top, bottom float32) (first, last int) {
	first = sort.Search(len(s.lines), func(i int) bool { return s.lines[i].y+s.lines[i].height > top })
	last = sort.Search(len(s.lines), func(i int) bool { return s.lines[i].y >= bottom })
	return first, max(first, last)
}

// widest returns the right edge of the widest line.
func (s *setting) widest() float32 {
	w := float32(0)
	for i := range s.lines {
		if n := len(s.lines[i].runs); n > 0 {
			last := s.lines[i].runs[n-1]
			w = max(w, last.x+last.width)
		}
	}
	return w
}

// lineAt returns the line at a height, the nearest where there is none.
func (s *setting) lineAt(y float32) int {
	i := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].y+s.lines[i].height > y })
	return min(i, len(s.lines)-1)
}

// runAt returns the run under a point, nil beside the text.
func (s *setting) runAt(x, y float32) *run {
	if len(s.lines) == 0 || y < 0 || y > s.height {
		return nil
	}
	l := &s.lines[s.lineAt(y)]
	for i := range l.runs {
		if r := &l.runs[i]; x >= r.x && x < r.x+r.width {
			return r
		}
	}
	return nil
}

// offsetAt returns the offset of the letter nearest to a point.
func (s *setting) offsetAt(x, y float32) int {
	if len(s.lines) == 0 {
		return 0
	}
	l := &s.lines[s.lineAt(max(0, y))]
	best, distance := l.begin, float32(1e9)
	for i := range l.runs {
		r := &l.runs[i]
		if r.marker {
			continue
		}
		d := max(r.x-x, x-(r.x+r.width), 0)
		if d <= distance {
			best, distance = s.letterAt(l, r, x), d
		}
	}
	return best
}

// letterAt finds the border between letters that is nearest to x.
func (s *setting) letterAt(l *line, r *run, x float32) int {
	size := s.paras[l.para].size(r.style)
	into := x - r.x
	if l.rtl {
		into = r.x + r.width - x
	}
	previous, at := float32(0), 0
	for end := 0; end < len(r.text); {
		_, n := utf8.DecodeRuneInString(r.text[end:])
		end += n
		w := measure(r.text[:end], size, r.style)
		if into < (previous+w)/2 {
			return min(r.begin+at, r.end)
		}
		previous, at = w, end
	}
	return min(r.begin+at, r.end)
}

// xOf returns where an offset stands on a line.
func (s *setting) xOf(l *line, offset int) float32 {
	x := float32(0)
	for i := range l.runs {
		r := &l.runs[i]
		if r.marker {
			continue
		}
		if offset <= r.begin {
			if l.rtl {
				return r.x + r.width
			}
			return r.x
		}
		n := min(offset-r.begin, len(r.text))
		w := measure(r.text[:n], s.paras[l.para].size(r.style), r.style)
		if x = r.x + w; l.rtl {
			x = r.x + r.width - w
		}
		if offset < r.end {
			return x
		}
	}
	return x
}
