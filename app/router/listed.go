package router

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"croft/app/lanapi/wire"
)

// listed is a model as a server lists it: OpenAI's fields, and what some servers add.
type listed struct {
	ID      string `json:"id"`
	OwnedBy string `json:"owned_by"`
	Meta    struct {
		Context int   `json:"n_ctx"` // tokens
		Size    int64 `json:"size"`  // bytes
	} `json:"meta"` // llama.cpp's
	MaxModelLen   int   `json:"max_model_len"`          // vLLM's, in tokens
	ContextLength int   `json:"context_length"`         // exo's, and llama.cpp's of what is not loaded, in tokens
	StorageMB     int64 `json:"storage_size_megabytes"` // exo's
}

const listBytesMax = 4 << 20

// list asks a server which models it has. The client's own list leaves out what servers add.
func (s Server) list(ctx context.Context) ([]listed, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.base()+"/models", nil)
	if err != nil {
		return nil, err
	}
	if s.Key != "" {
		request.Header.Set("Authorization", "Bearer "+s.Key)
	}
	response, err := door{server: s}.Do(request)
	var refused *wire.Error
	if errors.As(err, &refused) && (refused.Code == wire.UnknownModel || refused.Code == wire.Failed) {
		return nil, errNoServer
	}
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, listBytesMax))
	if err != nil {
		return nil, err
	}
	var list struct {
		Data []json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil, errNoServer
	}
	var all []listed
	for _, data := range list.Data[:min(len(list.Data), modelsMax)] {
		var m listed
		_ = json.Unmarshal(data, &m) // a field of another type than ours is as good as none
		if m.ID != "" {
			all = append(all, m)
		}
	}
	return all, nil
}

// kindLlama is the program whose ways differ from the others'.
const kindLlama = "llama.cpp"

// kindOf says which program has listed the models, as people call it: each names itself, or its library, as their owner.
func kindOf(all []listed) string {
	for _, m := range all {
		switch m.OwnedBy {
		case "llamacpp":
			return kindLlama
		case "library":
			return "Ollama"
		case "vllm":
			return "vLLM"
		case "organization_owner":
			return "LM Studio"
		case "exo":
			return "exo"
		}
	}
	return ""
}

// name is the ID, of which llama.cpp makes a path to the file.
func (m listed) name() string {
	name, isFile := strings.CutSuffix(m.ID, ".gguf")
	if !isFile {
		return m.ID
	}
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

func (m listed) size() int64 { return max(m.Meta.Size, m.StorageMB<<20, 0) }

func (m listed) contextMax() int { return max(m.Meta.Context, m.MaxModelLen, m.ContextLength, 0) }

// unusable says that a model makes no text, as far as its name tells.
func (m listed) unusable() bool {
	name := strings.ToLower(m.ID)
	for _, part := range []string{"embed", "minilm", "bge-", "rerank"} {
		if strings.Contains(name, part) {
			return true
		}
	}
	return false
}
