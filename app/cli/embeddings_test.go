package cli_test

import (
	"errors"
	"math"
	"net"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/sashabaranov/go-openai"

	"croft/app/cli"
	"croft/app/devices"
	"croft/app/models"
	"croft/app/programs"
	"croft/discovery/trust"
	"croft/engine/tinymodel"
)

// embeddingTexts are of different lengths, and not all ASCII.
var embeddingTexts = []string{"the dog", "A stone lies near the house by the sea.", "Größe, 価格 and naïve"}

// Both doors answer embeddings with the vectors that croft inspect --embed prints, and count what it counts.
func TestEmbeddingsOverBothDoors(t *testing.T) {
	small := filepath.Join(t.TempDir(), "vectors.gguf")
	if err := tinymodel.Write(small, tinymodel.Options{Family: "qwen3", Pooling: "last", Context: 64}); err != nil {
		t.Fatal(err)
	}
	t.Run("tiny", func(t *testing.T) { embedOverBothDoors(t, small) })
	t.Run("golden", func(t *testing.T) { embedOverBothDoors(t, filepath.Join(golden(t), "models", "qwen3_embedding.gguf")) })
}

func embedOverBothDoors(t *testing.T, file string) {
	t.Setenv("CROFT_TEST_NETWORK", "self")
	home := filepath.Join(t.TempDir(), "home")
	var m models.Model
	if code := croft(t, &m, nil, "--home", home, "models", "add", file, "--json"); code != 0 || !m.Embedding {
		t.Fatalf("exit code %d, added %+v", code, m)
	}
	var want [][]float32
	croft(t, &want, embeddingTexts, "inspect", file, "--embed", "-")
	var cases []map[string]any
	for _, text := range embeddingTexts {
		cases = append(cases, map[string]any{"text": text, "add_special": true})
	}
	var ids [][]int
	croft(t, &ids, cases, "inspect", file, "--tokenize", "-")
	tokens := 0
	for _, list := range ids {
		tokens += len(list)
	}
	lender, asker := parts(t, home), parts(t, filepath.Join(t.TempDir(), "asker"))
	for door, c := range map[string]*openai.Client{"programs": throughProgramsDoor(t, lender), "devices": throughDevicesDoor(t, lender, asker)} {
		t.Run(door, func(t *testing.T) {
			checkEmbeddings(t, c, m, want, tokens)
			checkEmbeddingRefusals(t, c, m)
		})
	}
}

func checkEmbeddings(t *testing.T, c *openai.Client, m models.Model, want [][]float32, tokens int) {
	for _, model := range []string{m.Name, m.ID} {
		for _, encoding := range []openai.EmbeddingEncodingFormat{"float", "base64"} {
			r, err := c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: openai.EmbeddingModel(model), Input: embeddingTexts, EncodingFormat: encoding})
			if err != nil {
				t.Fatal(err)
			}
			var got [][]float32
			for i, d := range r.Data {
				if got = append(got, d.Embedding); d.Index != i {
					t.Errorf("vector %d has index %d", i, d.Index)
				}
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: the vectors are not those of croft inspect --embed", encoding)
			}
			if r.Usage.PromptTokens != tokens || r.Usage.TotalTokens != tokens {
				t.Errorf("usage is %+v, want %d tokens", r.Usage, tokens)
			}
		}
	}
	for i, v := range want {
		sum := 0.0
		for _, x := range v {
			sum += float64(x) * float64(x)
		}
		if math.Abs(sum-1) > 1e-5 {
			t.Errorf("vector %d has the squared length %g", i, sum)
		}
	}
}

// checkEmbeddingRefusals asks for what cannot be: none of it may load the starter, which is for chat.
func checkEmbeddingRefusals(t *testing.T, c *openai.Client, m models.Model) {
	for what, r := range map[string]struct {
		model       string
		input       any
		status      int
		code, param string
	}{
		"unknown model": {"nothing", "a", 404, "model_not_found", "model"},
		"no model":      {"", "a", 400, "bad_request", "model"},
		"chat model":    {"Starter", "a", 400, "model_unusable", "model"},
		"no text":       {m.Name, "", 400, "bad_request", "input"},
		"no texts":      {m.Name, []string{}, 400, "bad_request", "input"},
		"too long":      {m.Name, []string{"short", strings.Repeat("a long story ", 2000)}, 400, "context_length_exceeded", "input"},
	} {
		_, err := c.CreateEmbeddings(t.Context(), openai.EmbeddingRequest{Model: openai.EmbeddingModel(r.model), Input: r.input})
		wantAPIError(t, what, err, r.status, r.code, r.param)
	}
	_, err := c.CreateChatCompletion(t.Context(), openai.ChatCompletionRequest{
		Model: m.Name, Messages: []openai.ChatCompletionMessage{{Role: "user", Content: "a"}},
	})
	wantAPIError(t, "chat", err, 400, "model_unusable", "model")
	_, err = c.CreateCompletion(t.Context(), openai.CompletionRequest{Model: m.Name, Prompt: "a"})
	wantAPIError(t, "completion", err, 400, "model_unusable", "model")
}

func wantAPIError(t *testing.T, what string, err error, status int, code, param string) {
	t.Helper()
	var e *openai.APIError
	if !errors.As(err, &e) || e.HTTPStatusCode != status || e.Code != code || e.Param == nil || *e.Param != param {
		t.Errorf("%s: %+v, want %d, %s, %s", what, err, status, code, param)
	}
}

// parts opens a home that other devices and programs may ask.
func parts(t *testing.T, home string) *cli.Parts {
	t.Helper()
	p, err := open(t.Context(), cli.Setup{Home: home, Calls: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := p.Answer(nil); err != nil {
		t.Fatal(err)
	}
	return p
}

// throughProgramsDoor asks as a program on the same machine does.
func throughProgramsDoor(t *testing.T, p *cli.Parts) *openai.Client {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := uint16(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	state, err := p.Door.Change(t.Context(), func(s *programs.State) { s.On, s.Port = true, free })
	if err == nil {
		err = p.Door.Guard(t.Context(), false)
	}
	if err != nil {
		t.Fatal(err)
	}
	config := openai.DefaultConfig(state.Token)
	config.BaseURL = state.Address()
	return openai.NewClientWithConfig(config)
}

// throughDevicesDoor makes two devices each other's, and asks as one asks the other.
func throughDevicesDoor(t *testing.T, lender, asker *cli.Parts) *openai.Client {
	t.Helper()
	shown, err := lender.Devices.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(shown.Close)
	atAsker, err := asker.Devices.Join(t.Context(), shown.Addresses()[0].String(), shown.Code())
	if err != nil {
		t.Fatal(err)
	}
	atLender, err := shown.Wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var both sync.WaitGroup
	for guest, rights := range map[*devices.Guest]devices.Rights{atAsker: {}, atLender: {Answers: true}} {
		both.Go(func() {
			if _, err := guest.Accept(t.Context(), rights); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	config := openai.DefaultConfig("")
	config.BaseURL = trust.Origin + "/v1"
	config.HTTPClient = asker.Devices.Client(lender.Devices.ID())
	return openai.NewClientWithConfig(config)
}
