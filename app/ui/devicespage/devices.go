// Package devicespage shows the devices that are mine, adds others, and says what went over the network.
package devicespage

import (
	"context"
	"image"
	"io"
	"time"
)

// Rights are what one device lets another do.
type Rights struct {
	Answers bool // ask its models
	Models  bool // copy its model files
	Notes   bool // read and change its notes
}

// Device is one of my devices, as it is now.
type Device struct {
	ID        string // 64 hex digits
	Name      string
	Online    bool
	Seen      time.Time // it last answered; zero: never
	Here      Rights    // what it may do on this device
	There     Rights    // what this device may do on it
	Models    []Model   // that it can run; the one it would use first
	Battery   Battery
	Hot       bool
	Running   int // replies that it writes now
	Waiting   int // and that wait for their turn
	Addresses []string
	Problem   error // why it cannot be used now, nil when it only is off
}

// Model is one that a device has.
type Model struct {
	ID              string // SHA-256 of its file; "" on a server
	Name            string
	Quant           string
	SizeBytes       int64
	NeedsBytes      int64
	TokensPerSecond float64 // measured there; 0: not
	Loaded          bool
	CanThink        bool
	Starter         bool // the small one that comes with Croft
}

// Battery is what is known of a device's battery.
type Battery struct {
	Has      bool
	Percent  int
	Charging bool
}

// Nearby is a device on this network that is not known to be mine.
type Nearby struct {
	Address string // "192.168.1.30:47301"
	Adding  bool   // it says that it is ready to be added
}

// Server is a program of the owner's that answers without encryption.
type Server struct {
	ID      int64
	Device  string // what a chat calls it that shall run there
	Name    string
	Address string
	Kind    string // "Ollama"; "" while it is not known
	Online  bool
	Models  []Model
	Problem error
}

// Roster says which devices there are.
type Roster interface {
	This(ctx context.Context) (Device, error) // the one in front of me
	List(ctx context.Context) ([]Device, error)
	Nearby() []Nearby
	Servers(ctx context.Context) ([]Server, error)
	// Watch calls f when one of these changed, until cancel. While somebody watches, they are looked at more often.
	Watch(f func()) (cancel func())
}

// Keeper changes what is known of devices and servers.
type Keeper interface {
	Rename(ctx context.Context, id, name string) error
	SetRights(ctx context.Context, id string, r Rights) error
	Remove(ctx context.Context, id string) error
	AddServer(ctx context.Context, name, address, key string) error
	RemoveServer(ctx context.Context, id int64) error
}

// Adder makes a device one of mine.
type Adder interface {
	Offer(ctx context.Context) (Offer, error) // this device shows a code
	Join(ctx context.Context, address, code string) (Guest, error)
	Scan(ctx context.Context, text string) (Guest, error) // the text of the other device's picture
	ScanPhoto(ctx context.Context, photo io.Reader) (Guest, error)
}

// Offer is a code that is shown until somebody comes, or its time is over.
type Offer interface {
	Shown() Invitation
	Changed() <-chan struct{} // gets a value when Shown has become another; a closed one never does
	Wait(ctx context.Context) (Guest, error)
	Close()
}

// Invitation is what is shown to be typed or scanned.
type Invitation struct {
	Code      string // "483 920"
	Picture   image.Image
	Addresses []string // where the other device may be told to come
	Expires   time.Time
}

// Guest is a device that proved the code. It must be answered.
type Guest interface {
	Name() string // as it calls itself
	// Accept says yes with what the device may do here, and waits for the other side's answer.
	Accept(ctx context.Context, r Rights) error
	Refuse(ctx context.Context) error
}

// Entry is one connection, or one attempt.
type Entry struct {
	ID                int64
	Time              time.Time
	Out               bool   // this device began it
	Device            string // "" for one that showed no key
	Name              string // of the device or server, as it is now; "" for others
	Address           string
	Purpose           string
	BytesIn, BytesOut int64
	Outcome           string // "done", or what went wrong
}

// Total is what went between this device and another one.
type Total struct {
	Device      string // "" for those that showed no key
	Name        string // as it is now; "" for others
	In, Out     int64
	Connections int
}

// Query picks entries: of one device when it is named, older than Before when that is set.
type Query struct {
	Device string
	Before int64
	Limit  int
}

// Finding is a reason why a device is not found.
type Finding struct{ Title, Sentence, Next string }

// Witness tells what went over the network and what stands in the way.
type Witness interface {
	Ledger(ctx context.Context, q Query) ([]Entry, error) // newest first
	Totals(ctx context.Context, since time.Time) ([]Total, error)
	Diagnose(ctx context.Context) []Finding
}

// Devices is the use case as this page needs it.
type Devices interface {
	Roster
	Keeper
	Adder
	Witness
}
