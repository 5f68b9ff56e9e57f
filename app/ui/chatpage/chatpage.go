// Package chatpage shows the list of chats and one conversation.
package chatpage

import (
	"context"
	"time"

	"fyne.io/fyne/v2"

	"croft/app/chat"
	"croft/app/health"
	"croft/app/models"
	"croft/app/settings"
	"croft/app/ui/bridge"
)

// Shelf lists the chats.
type Shelf interface {
	List(ctx context.Context) ([]chat.Summary, error)
	Search(ctx context.Context, query string) ([]chat.Hit, error)
}

// Keeper makes and changes chats as a whole.
type Keeper interface {
	Create(ctx context.Context, set chat.Settings) (chat.ID, error)
	Rename(ctx context.Context, id chat.ID, title string) error
	SetPinned(ctx context.Context, id chat.ID, pinned bool) error
	Delete(ctx context.Context, id chat.ID) error
	Restore(ctx context.Context, id chat.ID) error
}

// Talk reads and continues one chat.
type Talk interface {
	Load(ctx context.Context, id chat.ID) (chat.Transcript, error)
	Send(ctx context.Context, id chat.ID, text string) error
	Stop(id chat.ID)
	SetSettings(ctx context.Context, id chat.ID, set chat.Settings) error
	Export(ctx context.Context, id chat.ID) (string, error)
}

// Brancher writes versions of messages, goes from one to another, and carries on one that was cut off.
type Brancher interface {
	Regenerate(ctx context.Context, id, reply chat.ID) error
	Edit(ctx context.Context, id, message chat.ID, text string) error
	Choose(ctx context.Context, id, message chat.ID, delta int) error
	Continue(ctx context.Context, id, reply chat.ID) error
}

// Chats is the use case as this page needs it.
type Chats interface {
	Shelf
	Keeper
	Talk
	Brancher
}

// Models says which models there are and warms one up.
type Models interface {
	List(ctx context.Context) ([]models.Model, error)
	Use(ctx context.Context, id string, progress func(float64)) (*models.Running, error)
}

// Frame is the window around the page.
type Frame interface {
	Canvas() fyne.Canvas
	Toast(text, action string, do func())
	Report(p health.Problem) // a problem that belongs to no card
	Phone() bool             // it is laid out for a phone
}

// Navigator goes from page to page.
type Navigator interface {
	ShowConversation(open bool) // on a phone: push it, or go back to the list
	ConversationShown() bool
	ShowModels()
}

// Desktop is what lies outside of the program.
type Desktop interface {
	OpenLink(address string)    // in the browser
	SaveText(name, text string) // asks where, and writes
}

// Window is what the page asks of the window it stands in.
type Window interface {
	Frame
	Navigator
	Desktop
}

// Page is the list and the conversation.
type Page struct {
	chats  Chats
	models Models
	places Places // nil: replies are written on this device alone
	values func() settings.Values
	win    Window
	bridge *bridge.Bridge
	now    func() time.Time

	library []models.Model
	others  []Place // where replies can be written besides this device
	list    *shelf
	talk    *conversation
}

// New returns the page with an empty new chat open. Reload fills the list. places may be nil.
func New(chats Chats, lib Models, places Places, values func() settings.Values, win Window, b *bridge.Bridge, now func() time.Time) *Page {
	p := &Page{chats: chats, models: lib, places: places, values: values, win: win, bridge: b, now: now}
	p.list = newShelf(p)
	p.talk = newConversation(p)
	return p
}

// List returns the list of chats.
func (p *Page) List() fyne.CanvasObject { return p.list.view }

// Conversation returns the open chat.
func (p *Page) Conversation() fyne.CanvasObject { return p.talk }

// ReloadChats reads the list of chats again.
func (p *Page) ReloadChats() {
	p.bridge.Work(func(ctx context.Context) func() {
		list, err := p.chats.List(ctx)
		return func() {
			if p.failed(err) {
				return
			}
			p.list.set(list)
			p.talk.rename(list)
		}
	})
}

// ReloadModels reads the list of models again.
func (p *Page) ReloadModels() {
	p.bridge.Work(func(ctx context.Context) func() {
		list, err := p.models.List(ctx)
		return func() {
			if p.failed(err) {
				return
			}
			p.library = list
			p.talk.modelsChanged()
		}
	})
}

// Update takes over what changed in a chat.
func (p *Page) Update(u chat.Update) {
	if u.Reply == nil || u.Reply.State != chat.Writing {
		p.ReloadChats()
	}
	p.talk.update(u)
}

// NewChat opens an empty chat with the composer ready.
func (p *Page) NewChat() {
	p.list.search.SetText("")
	p.talk.open(0)
	p.win.ShowConversation(true)
	p.talk.composer.focus()
}

// Open shows a chat.
func (p *Page) Open(id chat.ID) {
	p.talk.open(id)
	p.win.ShowConversation(true)
}

// OpenNewest shows the chat that was changed last, or a new one.
func (p *Page) OpenNewest() {
	if s, ok := p.list.newest(); ok {
		p.talk.open(s.ID)
		return
	}
	p.talk.open(0)
}

// StartWithNewest reads the chats and shows the one that was changed last. On a phone that is the list, unless it is
// empty.
func (p *Page) StartWithNewest() {
	p.bridge.Work(func(ctx context.Context) func() {
		list, err := p.chats.List(ctx)
		return func() {
			if !p.failed(err) {
				p.list.set(list)
				p.OpenNewest()
				p.win.ShowConversation(p.Empty())
				p.Focus()
			}
		}
	})
}

// Empty tells whether there is no chat at all.
func (p *Page) Empty() bool { return len(p.list.all) == 0 }

// NewChatWith opens an empty chat with a model.
func (p *Page) NewChatWith(model string) {
	p.NewChat()
	p.talk.change(func(s *chat.Settings) { s.Model = model })
	p.talk.modelsChanged()
}

// Library returns the models as they were read last.
func (p *Page) Library() []models.Model { return p.library }

// TypeInto gives the composer a letter that was typed elsewhere.
func (p *Page) TypeInto(r rune) { p.talk.composer.typeInto(r) }

// Search puts the cursor into the search field.
func (p *Page) Search() {
	p.win.ShowConversation(false)
	p.list.focusSearch()
}

// Focus puts the cursor into the composer.
func (p *Page) Focus() { p.talk.composer.focus() }

// Stop ends the reply that is being written. It returns false when there is none.
func (p *Page) Stop() bool { return p.talk.stop() }

// CopyLast copies the last reply.
func (p *Page) CopyLast() { p.talk.copyLast() }

// Scroll moves the conversation by pages.
func (p *Page) Scroll(pages float32) { p.talk.list.PageBy(pages) }

// Relayout takes over a change between a wide window and a phone's.
func (p *Page) Relayout() { p.talk.relayout() }

// failed reports an error, if it is one.
func (p *Page) failed(err error) bool {
	if err == nil || p.bridgeClosed(err) {
		return err != nil
	}
	p.win.Report(health.Of(err))
	return true
}

func (p *Page) bridgeClosed(err error) bool { return err == context.Canceled }

// do runs something that only can fail.
func (p *Page) do(job func(ctx context.Context) error) {
	p.bridge.Work(func(ctx context.Context) func() {
		err := job(ctx)
		return func() { p.failed(err) }
	})
}
