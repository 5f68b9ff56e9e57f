package lanapi

import (
	"encoding/json"
	"net/http"
	"slices"

	"croft/app/lanapi/wire"
	"croft/engine"
)

// reply answers another Croft: a request as the engine takes it, and each token as a line.
func (a *API) reply(w http.ResponseWriter, r *http.Request) error {
	var q wire.ReplyRequest
	if err := readJSON(w, r, chatBytesMax, &q); err != nil {
		return err
	}
	if err := checkReply(&q); err != nil {
		return err
	}
	build := func(Running) (engine.Request, error) { return q.Request(), nil }
	l := lines{newFlusher(w)}
	defer l.done()
	w.Header().Set("Content-Type", wire.Lines)
	if err := l.tell(event{}); err != nil { // who asks sees at once that somebody is there
		return begun(err)
	}
	for e := range a.write(r.Context(), want{q.Model, build}) {
		if err := l.tell(e); err != nil {
			return begun(err)
		}
		if e.piece != nil && e.piece.Result != nil {
			return nil
		}
	}
	return r.Context().Err()
}

// lines sends a reply to another Croft.
type lines struct{ flusher }

// tell sends a line, an empty one where there is nothing to say. It returns why there are no more.
func (l lines) tell(e event) error {
	line := wire.Line{Loading: e.loading}
	switch {
	case e.err != nil:
		line.Error = faultOf(e.err).wire()
	case e.piece != nil:
		line = wire.NewLine(*e.piece)
	case e.place > 0:
		line.Place = &e.place
	}
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if err := l.write(append(b, '\n')); err != nil {
		return err
	}
	return e.err
}

func checkReply(q *wire.ReplyRequest) error {
	ways := 0
	for _, there := range []bool{len(q.Messages) > 0, q.Text != "", len(q.Tokens) > 0} {
		if there {
			ways++
		}
	}
	negative := func(id int) bool { return id < 0 }
	switch {
	case ways != 1:
		return invalid("messages", "A reply is to messages, to text or to tokens: one of these.")
	case slices.ContainsFunc(q.Tokens, negative), slices.ContainsFunc(q.Written, negative):
		return invalid("tokens", "There are no tokens below 0.")
	case q.ReplyMax < 0:
		return invalid("reply_max", "reply_max is at least 0.")
	case slices.Contains(q.Stop, "") || len(q.Stop) > stopsMax:
		return invalid("stop", "stop has at most %d strings, and none of them is empty.", stopsMax)
	}
	return nil
}
