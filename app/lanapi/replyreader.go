package lanapi

import (
	"croft/engine"
)

// replyReader makes of the pieces of a reply what OpenAI's answers have.
type replyReader struct {
	think    *thinker // nil: it does not
	calls    *callReader
	tags     map[int]string // special tokens that mark calls
	callsMax int            // 0: any number
	called   int
}

// delta is a bit of an answer.
type delta struct {
	reasoning, content string
	calls              []toolCall
}

func (d delta) empty() bool { return d.reasoning == "" && d.content == "" && len(d.calls) == 0 }

// readCalls lets calls be found.
func (r *replyReader) readCalls(c *conversation, running Running) {
	r.calls = &callReader{form: formOf(running.Model().Template), names: toolNames(c.tools)}
	if c.request.ToolChoice.mode == "required" {
		r.calls.form = jsonForm
	}
	if !or(c.request.ParallelToolCalls, true) {
		r.callsMax = 1
	}
	r.tags = map[int]string{}
	for _, tag := range callTags {
		if ids := running.Tokenize(tag, false, true); len(ids) == 1 {
			r.tags[ids[0]] = tag
		}
	}
}

// add takes a piece. A special token that marks a call has no text of its own.
func (r *replyReader) add(p engine.Piece) delta {
	text := p.Text
	if tag := r.tags[p.Token]; text == "" && tag != "" {
		text = tag
	}
	d := delta{content: text}
	if r.think != nil {
		d.reasoning, d.content = r.think.add(text)
	}
	if r.calls != nil {
		d.content, d.calls = r.calls.add(d.content)
	}
	return r.count(d)
}

// rest is what was held back, when the reply has ended.
func (r *replyReader) rest() delta {
	var d delta
	if r.think != nil {
		d.reasoning, d.content = r.think.rest()
	}
	if r.calls != nil {
		content, calls := r.calls.add(d.content)
		more, last := r.calls.rest()
		d.content, d.calls = content+more, append(calls, last...)
	}
	return r.count(d)
}

// count leaves out calls that are too many.
func (r *replyReader) count(d delta) delta {
	if r.callsMax > 0 {
		d.calls = d.calls[:min(len(d.calls), r.callsMax-r.called)]
	}
	r.called += len(d.calls)
	return d
}
