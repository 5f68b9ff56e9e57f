package lanapi

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"

	"croft/engine"
)

// embeddingsRequest is the body of embeddings.
type embeddingsRequest struct {
	Model      string          `json:"model"`
	Input      json.RawMessage `json:"input"`
	Encoding   string          `json:"encoding_format"`
	Dimensions *int            `json:"dimensions"`
}

const textsMax = 2048

func (q *embeddingsRequest) texts() ([]string, error) {
	var one string
	var all []string
	if json.Unmarshal(q.Input, &one) == nil {
		all = []string{one}
	} else if json.Unmarshal(q.Input, &all) != nil {
		return nil, invalid("input", "input is a text or a list of texts; tokens are not read here.")
	}
	switch {
	case q.Model == "":
		return nil, invalid("model", "Say which model makes the embeddings. GET /v1/models marks those that do.")
	case q.Encoding != "" && q.Encoding != "float" && q.Encoding != "base64":
		return nil, invalid("encoding_format", "encoding_format is float or base64.")
	case len(all) == 0 || len(all) > textsMax || slices.Contains(all, ""):
		return nil, invalid("input", "input has 1 to %d texts, and none of them is empty.", textsMax)
	}
	return all, nil
}

type embeddingsAnswer struct {
	Object string      `json:"object"`
	Data   []embedding `json:"data"`
	Model  string      `json:"model"`
	Usage  struct {
		PromptTokens int `json:"prompt_tokens"`
		TotalTokens  int `json:"total_tokens"`
	} `json:"usage"`
}

type embedding struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // numbers, or a base64 string of little-endian float32
}

// embeddings answers embeddings.
func (a *API) embeddings(w http.ResponseWriter, r *http.Request) error {
	var q embeddingsRequest
	if err := readJSON(w, r, embeddingsBytesMax, &q); err != nil {
		return err
	}
	texts, err := q.texts()
	if err != nil {
		return err
	}
	answer, err := a.embed(r, &q, texts)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

func (a *API) embed(r *http.Request, q *embeddingsRequest, texts []string) (*embeddingsAnswer, error) {
	ctx := r.Context()
	leave, err := a.queue.enter(ctx, callerOf(ctx).who, func(int) {})
	if err != nil {
		return nil, err
	}
	defer leave()
	running, release, err := a.options.Models.UseForEmbeddings(ctx, q.Model)
	if errors.Is(err, engine.ErrPurpose) {
		f := invalid("model", "This model is for chat, not for embeddings. GET /v1/models marks those that are.")
		f.code = unusable
		return nil, f
	}
	if err != nil {
		return nil, err
	}
	defer release()
	tokens, err := count(running, texts)
	if err != nil {
		return nil, err
	}
	vectors, err := running.Embed(ctx, texts)
	if err != nil {
		return nil, err
	}
	answer := &embeddingsAnswer{Object: "list", Model: q.Model}
	answer.Usage.PromptTokens, answer.Usage.TotalTokens = tokens, tokens
	for i, v := range vectors {
		if q.Dimensions != nil && *q.Dimensions != len(v) {
			return nil, cannot("dimensions", "The vectors of this model have %d dimensions, and are not shortened.", len(v))
		}
		answer.Data = append(answer.Data, embedding{"embedding", i, q.encode(v)})
	}
	return answer, nil
}

// count returns how many tokens the texts have together, unless the model cannot read one of them.
func count(model Running, texts []string) (tokens int, err error) {
	most := model.Model().ContextMax
	for i, text := range texts {
		n := len(model.Tokenize(text, true, false))
		if n >= most {
			f := invalid("input", "Text %d has %d tokens, but this model reads fewer than %d at once here. Split it.", i+1, n, most)
			f.code, f.tokens, f.max = tooLong, n, most
			return 0, f
		}
		tokens += n
	}
	return tokens, nil
}

func (q *embeddingsRequest) encode(v []float32) any {
	if q.Encoding != "base64" {
		return v
	}
	b := make([]byte, 0, 4*len(v))
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}
