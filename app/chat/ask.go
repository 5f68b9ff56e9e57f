package chat

import (
	"context"
	"errors"
	"iter"
	"time"

	"croft/engine"
	"croft/storage"
)

// Question is one message without a chat around it: nothing of it is kept.
type Question struct {
	Settings
	Text string
	Raw  bool // the model reads Text as it is, without its template
}

// Answer is the next bit of the answer to a Question.
type Answer struct {
	Text     string
	Thinking string
	Model    string // name
	Device   string // where it is written
	Stats    *Stats // the last one only
}

// Ask streams the answer to a question. Leaving the loop, or ending ctx, stops the work at once.
// progress is told how far the model is loaded, 0 to 1; it may be nil.
func (s *Service) Ask(ctx context.Context, q Question, progress func(float64)) iter.Seq2[Answer, error] {
	return func(yield func(Answer, error) bool) {
		if err := s.ask(ctx, q, progress, yield); err != nil {
			yield(Answer{}, err)
		}
	}
}

func (s *Service) ask(ctx context.Context, q Question, progress func(float64), yield func(Answer, error) bool) error {
	want := q.want()
	want.Prompt = tokensOf(q.System) + tokensOf(q.Text)
	model, release, err := s.models.Use(ctx, want, func(p Progress) {
		if progress != nil {
			progress(p.Loading)
		}
	})
	if err != nil {
		return err
	}
	defer release()
	request, split, err := q.request(model.Facts())
	if err != nil {
		return err
	}
	for piece, err := range model.Generate(ctx, request) {
		if err != nil {
			return err
		}
		a := q.split(split, piece)
		facts, where := model.Facts(), model.Where()
		a.Model, a.Device = facts.Name, where.Device
		if r := piece.Result; r != nil {
			a.Stats = &Stats{
				Device: where.Device, Why: where.Why, Moved: where.Moved, Model: facts.Name, ModelHash: facts.ID,
				PromptTokens: r.PromptTokens, ReusedTokens: r.ReusedTokens, ReplyTokens: r.ReplyTokens,
				FirstToken: r.FirstToken, Total: r.Total, TokensPerSecond: r.TokensPerSecond, Reason: string(r.Reason),
			}
		}
		if !yield(a, nil) || a.Stats != nil {
			return nil
		}
	}
	return errors.Join(ctx.Err(), errNoEnd)
}

// request makes what the engine reads, and a splitter for what it will write.
func (q Question) request(f Facts) (engine.Request, *splitter, error) {
	if q.Raw {
		return engine.Request{Text: q.Text, Sampling: q.sampling(f.Advice), ReplyMax: or(q.ReplyMax, 0)}, nil, nil
	}
	parsed := parseTemplate(f.Template)
	r, err := newRequest(q.Settings, []storage.Message{{Role: string(User), Text: q.Text}}, f, parsed)
	if err != nil {
		return r, nil, err
	}
	opened, _ := opensThinking(parsed, *r.Conversation)
	return r, newSplitter(opened, false, time.Now()), nil
}

// split parts a piece into what is thinking and what is text.
func (q Question) split(p *splitter, piece engine.Piece) Answer {
	if p == nil {
		return Answer{Text: piece.Text}
	}
	thinking, text := p.thinking.Len(), p.text.Len()
	p.add(piece.Text, time.Now())
	if piece.Result != nil {
		p.end()
	}
	return Answer{Text: p.text.String()[text:], Thinking: p.thinking.String()[thinking:]}
}
