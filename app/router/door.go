package router

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"slices"

	"github.com/sashabaranov/go-openai"
)

// client speaks to the server as to OpenAI; more are parameters that the client has no words for.
func (s Server) client(more map[string]any) *openai.Client {
	c := openai.DefaultConfig(s.Key)
	c.BaseURL = s.base()
	c.HTTPClient = door{s, more}
	return openai.NewClientWithConfig(c)
}

func (s Server) base() string { return "http://" + s.Address + "/v1" }

// door is where the client's requests go out and answers come in: it keeps to what servers really say.
type door struct {
	server Server
	more   map[string]any
}

const answerMax = 64 << 20 // bytes of an answer

// Do sends a request. The error is a *wire.Error where the server answered with a refusal.
func (d door) Do(request *http.Request) (*http.Response, error) {
	if err := d.add(request); err != nil {
		return nil, err
	}
	response, err := d.server.Client.Do(request)
	if err != nil {
		return nil, err
	}
	body := response.Body
	if response.StatusCode != http.StatusOK {
		defer body.Close()
		said, _ := io.ReadAll(io.LimitReader(body, lineMax))
		return nil, d.server.refusal(response.StatusCode, said)
	}
	var reader io.Reader = io.LimitReader(body, answerMax)
	if request.Header.Get("Accept") == "text/event-stream" {
		reader = newEvents(d.server, reader)
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{reader, body}
	return response, nil
}

// add puts the other parameters into the request's body.
func (d door) add(request *http.Request) error {
	if len(d.more) == 0 || request.Body == nil {
		return nil
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return err
	}
	all := map[string]any{}
	if err := json.Unmarshal(body, &all); err != nil {
		return err
	}
	maps.Copy(all, d.more)
	if body, err = json.Marshal(all); err != nil {
		return err
	}
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return nil
}

// events are the lines with data of a stream. Comments are signs of life, and after many of them the client would give
// up; other fields say nothing that the data does not. An error ends the stream in the server's words.
type events struct {
	server Server
	lines  *bufio.Scanner
	line   []byte // what of the latest is to be read
}

func newEvents(s Server, r io.Reader) *events {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, lineMax)
	return &events{server: s, lines: lines}
}

func (e *events) Read(p []byte) (int, error) {
	for len(e.line) == 0 {
		if !e.lines.Scan() {
			return 0, cmp.Or(e.lines.Err(), io.EOF)
		}
		data, ok := bytes.CutPrefix(e.lines.Bytes(), []byte("data:"))
		if data = bytes.TrimSpace(data); !ok || len(data) == 0 {
			continue
		}
		var c chunk
		if json.Unmarshal(data, &c) == nil && c.failed() {
			return 0, e.server.refusal(http.StatusInternalServerError, data)
		}
		e.line = slices.Concat([]byte("data: "), data, []byte("\n"))
	}
	n := copy(p, e.line)
	e.line = e.line[n:]
	return n, nil
}
