package lanapi

import (
	"encoding/json"
	"regexp"
)

// tool is a function that the model may call.
type tool struct {
	Type     string `json:"type"`
	Function struct {
		Name       string          `json:"name"`
		Parameters json.RawMessage `json:"parameters"`
	} `json:"function"`
}

// toolChoice says whether the model must call a tool.
type toolChoice struct {
	mode string // auto, none or required
	name string // the one to call, with required; "" any
}

var (
	toolName = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)
	toolsMax = 128
)

func (c *toolChoice) UnmarshalJSON(b []byte) error {
	var one struct {
		Type     string `json:"type"`
		Function struct {
			Name string `json:"name"`
		} `json:"function"`
	}
	switch err := json.Unmarshal(b, &c.mode); {
	case err == nil && (c.mode == "auto" || c.mode == "none" || c.mode == "required" || c.mode == ""):
		return nil
	case json.Unmarshal(b, &one) == nil && one.Type == "function" && one.Function.Name != "":
		*c = toolChoice{"required", one.Function.Name}
		return nil
	}
	return invalid("tool_choice", `tool_choice is "auto", "none", "required" or {"type": "function", "function": {"name": …}}.`)
}

// parseTools reads the list of tools.
func parseTools(raw json.RawMessage) ([]tool, error) {
	var tools []tool
	if len(raw) == 0 {
		return nil, nil
	}
	if json.Unmarshal(raw, &tools) != nil || len(tools) > toolsMax {
		return nil, invalid("tools", "tools is a list of at most %d functions.", toolsMax)
	}
	for _, t := range tools {
		if t.Type != "function" {
			return nil, cannot("tools", "A tool has the type %q, but there are only functions.", t.Type)
		}
		if !toolName.MatchString(t.Function.Name) {
			return nil, invalid("tools", "A function is called %q; up to 64 letters, digits, _, . and - are possible.", t.Function.Name)
		}
	}
	return tools, nil
}

func toolNames(tools []tool) map[string]bool {
	names := map[string]bool{}
	for _, t := range tools {
		names[t.Function.Name] = true
	}
	return names
}
