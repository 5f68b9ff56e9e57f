package cli_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"croft/app/chat"
	"croft/app/cli"
	"croft/app/models"
	"croft/app/settings"
	"croft/storage"
)

// The scripts run the test binary itself under the name croft, so that exit codes and signals are real.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"croft":     func() { os.Exit(cli.Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr, program)) },
		"tinymodel": makeModel,
	})
}

var program = cli.Program{Version: "test", Open: open}

// open joins the parts on a home folder, as the program does.
func open(ctx context.Context, s cli.Setup) (*cli.Parts, error) {
	store, err := storage.Open(ctx, s.Home)
	if err != nil {
		return nil, err
	}
	set, err := settings.New(ctx, store)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	library, err := models.New(s.Home, store, models.Options{Preferences: func() models.Preferences {
		v := set.Get()
		return models.Preferences{Model: v.DefaultModel, Threads: s.Threads, ContextMax: v.ContextMax, Kernels: s.Kernels}
	}})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	talk := chat.New(store, lender{library}, set, "This computer")
	return &cli.Parts{
		Chat: talk, Models: library, Settings: set,
		Check: func(ctx context.Context) error { _, err := store.Check(ctx); return err },
		Close: func() error { return errors.Join(talk.Close(), library.Close(), store.Close()) },
	}, nil
}

// lender lends the library's models to chats.
type lender struct{ *models.Library }

type lent struct{ *models.Running }

func (l lender) Facts(ctx context.Context, id string) (chat.Facts, error) {
	m, err := l.Resolve(ctx, id)
	return chat.Facts{ID: m.ID, Name: m.Name, ContextMax: m.ContextHere}, err
}

func (l lender) Use(ctx context.Context, id string, progress func(float64)) (chat.Model, func(), error) {
	r, err := l.Library.Use(ctx, id, progress)
	if err != nil {
		return nil, nil, err
	}
	return lent{r}, r.Release, nil
}

func (l lent) Facts() chat.Facts {
	return chat.Facts{ID: l.ID, Name: l.Name, ContextMax: l.ContextHere}
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Setenv("CROFT_HOME", e.WorkDir+"/home")
		e.Setenv("HOME", e.WorkDir+"/person")
		return nil
	}})
}
