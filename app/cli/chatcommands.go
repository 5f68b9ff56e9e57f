package cli

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"croft/app/chat"
	"croft/app/health"
)

// slash is something that can be typed besides messages.
type slash struct {
	name, argument, help string
	run                  func(t *talk, ctx context.Context, argument string) error
}

// slashes in the order of /help. It is a function because /help itself reads it.
func slashes() []slash {
	return []slash{
		{"help", "", "show this", (*talk).showHelp},
		{"new", "", "begin a new chat", (*talk).begin},
		{"list", "", "list the chats", (*talk).list},
		{"open", "N", "go on with chat N of the list", (*talk).openNumber},
		{"search", "WORDS", "find chats", (*talk).search},
		{"model", "[NAME]", "show the models, or choose one", (*talk).model},
		{"device", "[NAME]", "show my devices, or choose where replies are written: a name, here, or auto", (*talk).device},
		{"system", "[TEXT]", "show or set what the model is told first; - removes it", (*talk).system},
		{"think", "on|off|auto", "let the model think first, or not", (*talk).think},
		{"regenerate", "", "write the last reply anew", (*talk).regenerate},
		{"continue", "", "carry on the last reply where it was cut off", (*talk).carryOn},
		{"edit", "[TEXT]", "change your last message and answer it anew", (*talk).edit},
		{"copy", "", "copy the last reply", (*talk).copyReply},
		{"export", "[FILE]", "write the chat as Markdown", (*talk).export},
		{"quit", "", "leave", func(*talk, context.Context, string) error { return errLeave }},
	}
}

func slashNames() []string {
	var names []string
	for _, s := range slashes() {
		names = append(names, "/"+s.name)
	}
	return names
}

// command runs a line that begins with /. The beginning of a name will do where it is the only one.
func (t *talk) command(ctx context.Context, line string) error {
	name, argument, _ := strings.Cut(strings.TrimPrefix(line, "/"), " ")
	all := slashes()
	matching := slices.DeleteFunc(slices.Clone(all), func(s slash) bool { return !strings.HasPrefix(s.name, name) })
	if name == "" || name == "?" {
		matching = all[:1]
	}
	if len(matching) != 1 && !slices.ContainsFunc(matching, func(s slash) bool { return s.name == name }) {
		return say(fmt.Sprintf("There is no command /%s.", name), "/help shows what you can type.")
	}
	return matching[0].run(t, ctx, strings.TrimSpace(argument))
}

func say(sentence, next string) error {
	return &told{health.Problem{Sentence: sentence, Next: next, Severity: health.Note}}
}

func (t *talk) showHelp(context.Context, string) error {
	for _, s := range slashes() {
		t.out.linef("  %-18s %s", "/"+s.name+" "+s.argument, s.help)
	}
	t.out.linef(`  Lines between two lines of """ are one message. Ctrl-C stops a reply.`)
	return nil
}

func (t *talk) begin(context.Context, string) error {
	t.chat = 0
	t.err.linef("A new chat.")
	return nil
}

func (t *talk) list(ctx context.Context, _ string) error {
	list, err := t.parts.Chat.List(ctx)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		t.err.linef("There is no chat yet.")
	}
	for i, s := range list {
		mark := " "
		if s.ID == t.chat {
			mark = "*"
		}
		t.out.linef("%s %3d  %s  %s", mark, i+1, s.Changed.Local().Format("2006-01-02 15:04"), s.Title)
	}
	return nil
}

func (t *talk) openNumber(ctx context.Context, argument string) error {
	list, err := t.parts.Chat.List(ctx)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(argument)
	if err != nil || n < 1 || n > len(list) {
		return say("Give the number of a chat.", "/list shows them.")
	}
	return t.open(ctx, list[n-1].ID)
}

func (t *talk) search(ctx context.Context, words string) error {
	if words == "" {
		return say("Say what to look for, as in /search bread.", "")
	}
	hits, err := t.parts.Chat.Search(ctx, words)
	if err != nil {
		return err
	}
	list, err := t.parts.Chat.List(ctx)
	if err != nil {
		return err
	}
	if len(hits) == 0 {
		t.err.linef("Nothing was found.")
	}
	for _, h := range hits {
		n := 1 + slices.IndexFunc(list, func(s chat.Summary) bool { return s.ID == h.ID })
		t.out.linef("%5d  %s: %s", n, h.Title, strings.Join(strings.Fields(h.Excerpt), " "))
	}
	return nil
}

func (t *talk) model(ctx context.Context, name string) error {
	if name == "" {
		list, err := t.parts.Models.List(ctx)
		if err != nil {
			return err
		}
		return writeModels(t.out, list)
	}
	m, err := modelAnywhere(ctx, t.parts, name)
	if err != nil {
		return err
	}
	t.settings.Model = firstText(m.ID, m.Path)
	t.err.linef("The next reply is by %s %s.", m.Name, m.Quant)
	return t.saveSettings(ctx)
}

func (t *talk) device(ctx context.Context, name string) error {
	if t.parts.Devices == nil {
		return t.parts.NoDevices
	}
	list := t.parts.Devices.List()
	switch name {
	case "":
		servers, err := t.commands.servers(ctx, t.parts)
		if err != nil {
			return err
		}
		return writeDevices(t.out, list, servers, time.Now())
	case automatic:
		t.settings.Device = ""
	case onlyHere:
		t.settings.Device = chat.Here
	default:
		id, err := t.commands.placeNamed(ctx, t.parts.Devices, name)
		if err != nil {
			return err
		}
		t.settings.Device = id
	}
	return t.saveSettings(ctx)
}

func (t *talk) system(ctx context.Context, text string) error {
	switch text {
	case "":
		t.out.linef("%s", firstText(t.settings.System, "The model is told nothing first."))
		return nil
	case "-":
		text = ""
	}
	t.settings.System = text
	return t.saveSettings(ctx)
}

func (t *talk) think(ctx context.Context, how string) error {
	choice, ok := map[string]*bool{"on": new(true), "off": new(false), "auto": nil}[how]
	if !ok {
		return say("Say /think on, /think off or /think auto.", "")
	}
	t.settings.Thinking = choice
	return t.saveSettings(ctx)
}

// saveSettings keeps them with the chat; a chat that is not there yet gets them when it is made.
func (t *talk) saveSettings(ctx context.Context) error {
	if t.chat == 0 {
		return nil
	}
	return t.parts.Chat.SetSettings(ctx, t.chat, t.settings)
}

// last finds the last message of a role.
func (t *talk) last(ctx context.Context, role chat.Role) (chat.Message, error) {
	if t.chat != 0 {
		s, err := t.parts.Chat.Load(ctx, t.chat)
		if err != nil {
			return chat.Message{}, err
		}
		for _, m := range slices.Backward(s.Messages) {
			if m.Role == role {
				return m, nil
			}
		}
	}
	return chat.Message{}, say("There is nothing in this chat yet.", "Write something first.")
}

func (t *talk) regenerate(ctx context.Context, _ string) error {
	m, err := t.last(ctx, chat.Assistant)
	if err != nil {
		return err
	}
	return t.reply(ctx, func() error { return t.parts.Chat.Regenerate(ctx, t.chat, m.ID) })
}

func (t *talk) carryOn(ctx context.Context, _ string) error {
	m, err := t.last(ctx, chat.Assistant)
	if err != nil {
		return err
	}
	t.seen = min(t.seen, m.ID-1) // it changes once more
	p := newPrinter(t.out, t.err)
	p.thinking, p.text = m.Thinking, m.Text
	return t.replyOn(ctx, p, func() error { return t.parts.Chat.Continue(ctx, t.chat, m.ID) })
}

func (t *talk) edit(ctx context.Context, text string) error {
	m, err := t.last(ctx, chat.User)
	if err != nil {
		return err
	}
	if text == "" {
		if text, err = t.keys.Edit(m.Text); err != nil {
			return err
		}
	}
	return t.reply(ctx, func() error { return t.parts.Chat.Edit(ctx, t.chat, m.ID, text) })
}

// copyMax bounds what is sent to the terminal for its clipboard, in bytes; most terminals take no more.
const copyMax = 74_000

// copyReply uses OSC 52 of xterm, by which a terminal, even a distant one, puts text on its person's clipboard.
func (t *talk) copyReply(ctx context.Context, _ string) error {
	m, err := t.last(ctx, chat.Assistant)
	if err != nil {
		return err
	}
	if !t.out.terminal || len(m.Text) > copyMax {
		return say("The reply cannot be copied from here.", "Write it to a file with /export FILE.")
	}
	fmt.Fprintf(t.out, "\x1b]52;c;%s\a", base64.StdEncoding.EncodeToString([]byte(m.Text)))
	t.err.linef("Copied, if your terminal allows it.")
	return nil
}

func (t *talk) export(ctx context.Context, file string) error {
	if t.chat == 0 {
		return say("There is nothing in this chat yet.", "Write something first.")
	}
	text, err := t.parts.Chat.Export(ctx, t.chat)
	if err != nil {
		return err
	}
	if file == "" {
		return t.out.text(text)
	}
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if os.IsExist(err) {
		return say(fmt.Sprintf("There is a file %s already.", file), "Choose another name.")
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	t.err.linef("Written to %s.", file)
	return f.Close()
}
