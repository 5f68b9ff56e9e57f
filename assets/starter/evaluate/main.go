// Command evaluate asks the starter what it was never trained on, says how much of it was right, and writes that to
// the model's card.
//
//	evaluate [-model FILE] [-starter FOLDER] [-show]
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"sync"

	"croft/assets"
	"croft/engine"
	"croft/engine/template"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "evaluate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	folder := flag.String("starter", "assets/starter", "folder with facts.tsv, eval and card.json")
	file := flag.String("model", "", "model file; without one starter.gguf of the folder, and its card is renewed")
	show := flag.Bool("show", false, "print each wrong reply of the generated cases")
	flag.Parse()
	path := *file
	if path == "" {
		path = filepath.Join(*folder, "starter.gguf")
	}
	cases, err := readCases(*folder)
	if err != nil {
		return err
	}
	model, err := engine.Open(path, engine.Options{})
	if err != nil {
		return err
	}
	defer model.Close()
	if err := answer(ctx, model, cases); err != nil {
		return err
	}
	figures := score(cases)
	for _, f := range figures {
		fmt.Printf("%-52s %5.1f %%  of %4d, goal %2.0f %%\n", f.What, *f.Reached, *f.Cases, f.Goal)
	}
	if *show {
		showWrong(cases)
	}
	if *file != "" {
		return nil
	}
	return renewCard(filepath.Join(*folder, "card.json"), model.Info().Parameters, figures)
}

// replyMax is longer than any right answer, in tokens.
const replyMax = 96

// answer fills in the replies, several at a time.
func answer(ctx context.Context, model *engine.Model, cases []*testCase) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	queue := make(chan *testCase)
	var all sync.WaitGroup
	for range 4 * runtime.NumCPU() {
		all.Go(func() {
			for c := range queue {
				if err := c.ask(ctx, model); err != nil {
					cancel(err)
				}
			}
		})
	}
	for _, c := range cases {
		queue <- c
	}
	close(queue)
	all.Wait()
	return context.Cause(ctx)
}

func (c *testCase) ask(ctx context.Context, model *engine.Model) error {
	messages := template.Plain([]template.Message{{Role: "user", Content: c.prompt}})
	request := engine.Request{
		Conversation: &template.Conversation{Messages: messages, Kwargs: json.RawMessage(`{"add_generation_prompt": true}`)},
		ReplyMax:     replyMax,
	}
	for piece, err := range model.Generate(ctx, request) {
		if err != nil {
			return err
		}
		c.reply += piece.Text
	}
	return nil
}

// renewCard puts the figures into the card and leaves the rest of it as it is.
func renewCard(path string, parameters int64, figures []assets.Figure) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var card assets.Card
	if err := json.Unmarshal(b, &card); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	card.Parameters, card.Figures = &parameters, figures
	if b, err = json.MarshalIndent(card, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}
