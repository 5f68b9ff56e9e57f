package router

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"time"

	"croft/app/chat"
	"croft/app/lanapi/wire"
	"croft/engine"
)

// remote writes with a model of another device of mine.
type remote struct {
	device Device
	model  chat.Facts
	tell   func(chat.Progress)
	alone  func() bool // nobody else stands ready
}

func (d *remote) Facts() chat.Facts { return d.model }

// Generate asks the device for a reply and reads it line by line.
func (d *remote) Generate(ctx context.Context, r engine.Request) iter.Seq2[engine.Piece, error] {
	return func(yield func(engine.Piece, error) bool) {
		err := d.generate(ctx, r, yield)
		if err != nil && !errors.Is(err, errLeft) {
			yield(engine.Piece{}, err)
		}
	}
}

func (d *remote) generate(ctx context.Context, r engine.Request, yield func(engine.Piece, error) bool) error {
	asking, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	hush := newHush(cancel)
	defer hush.end()
	err := d.ask(asking, hush, r, yield)
	switch {
	case err == nil || errors.Is(err, errLeft):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(context.Cause(asking), errSilent):
		return errSilent
	}
	return err
}

func (d *remote) ask(ctx context.Context, hush *hush, r engine.Request, yield func(engine.Piece, error) bool) error {
	body, err := json.Marshal(wire.NewReplyRequest(d.model.ID, r))
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.device.Origin+wire.RepliesPath, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	hush.begin(d.silence() + time.Duration(len(body))*time.Second/slowest)
	response, err := d.device.Client.Do(request)
	hush.end()
	if err != nil {
		return err
	}
	defer response.Body.Close()
	reader := bufio.NewReaderSize(&heard{from: response.Body, hush: hush, silence: d.silence}, lineUsual)
	if response.StatusCode != http.StatusOK {
		return refusal(response.StatusCode, reader)
	}
	return d.read(reader, yield)
}

const (
	slowest    = 1 << 20         // bytes a second that a request travels with, at least
	silenceMax = 3 * wire.Beat   // before the first line and between two, when somebody else stands ready
	aloneMax   = 8 * time.Second // when nobody does
	lineUsual  = 4 << 10
	lineMax    = 1 << 20
)

func (d *remote) silence() time.Duration {
	if d.alone() {
		return aloneMax
	}
	return silenceMax
}

// read yields the pieces of the lines until the last.
func (d *remote) read(reader *bufio.Reader, yield func(engine.Piece, error) bool) error {
	for {
		line, err := readLine(reader)
		if err != nil {
			return err
		}
		switch {
		case line.Error != nil:
			return line.Error
		case line.Place != nil:
			d.tell(chat.Progress{Device: d.device.Name, Place: *line.Place})
		case line.Loading != nil:
			d.tell(chat.Progress{Device: d.device.Name, Loading: min(max(*line.Loading, 0), 1)})
		}
		piece, ok := line.Piece()
		if !ok {
			continue
		}
		if !yield(piece, nil) {
			return errLeft
		}
		if piece.Result != nil {
			return nil
		}
	}
}

// readLine reads one whole line: half a line is not believed.
func readLine(reader *bufio.Reader) (line wire.Line, err error) {
	var long []byte
	for {
		part, err := reader.ReadSlice('\n')
		long = append(long, part...)
		switch {
		case len(long) > lineMax:
			return line, errors.New("a line of the reply is too long")
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF):
			return line, errCut
		case err != nil:
			return line, err
		}
		return line, json.Unmarshal(long, &line)
	}
}

// refusal is the error of an answer other than 200.
func refusal(status int, body io.Reader) error {
	var e wire.ErrorBody
	read, err := io.ReadAll(io.LimitReader(body, lineMax))
	if err == nil {
		err = json.Unmarshal(read, &e)
	}
	if err != nil || e.Error == nil {
		return fmt.Errorf("it answered with status %d", status)
	}
	return e.Error
}

// hush ends a request during which nothing is heard for too long.
type hush struct{ timer *time.Timer }

func newHush(cancel context.CancelCauseFunc) *hush {
	h := &hush{time.AfterFunc(time.Hour, func() { cancel(errSilent) })}
	h.end()
	return h
}

// begin starts the time that a silence may last, end is where something was heard.
func (h *hush) begin(most time.Duration) { h.timer.Reset(most) }
func (h *hush) end()                     { h.timer.Stop() }

// heard reads from the other end and minds its silence. The time in which nobody reads does not count.
type heard struct {
	from    io.Reader
	hush    *hush
	silence func() time.Duration
}

func (h *heard) Read(p []byte) (int, error) {
	h.hush.begin(h.silence())
	defer h.hush.end()
	return h.from.Read(p)
}
