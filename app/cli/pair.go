package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"croft/app/devices"
	"croft/app/health"
)

// invitation is what was given to pair.
type invitation struct {
	code    string // six digits; "" when the code is shown here
	address string // where the other device is; "" when it is looked for
	text    string // of a picture that was scanned
	photo   string // the file of a photo of it
}

// pair makes this device and another one know each other.
func (c *commands) pair() *cobra.Command {
	f := allowFlags{}
	cmd := &cobra.Command{
		Use: "pair [CODE] [ADDRESS]", Short: "add one of my devices: show a code, or type the one it shows", GroupID: groupDevices,
		Args: cobra.ArbitraryArgs,
		Long: "Without CODE this device shows six digits and a picture, for two minutes. Type the digits on the other device, with\n" +
			"croft pair CODE or under Devices in its window. With CODE it adds the device nearby that shows one; ADDRESS is needed\n" +
			"where devices cannot be looked for, and is shown below the code. Then both devices ask what the other may do.\n" +
			"CODE may also be the text of the picture, or the file of a photo of it (.png, .jpg or .gif). None of this uses the\n" +
			"internet.",
		Example: "  croft pair\n  croft pair 483 920\n  croft pair 483920 192.168.1.20 --allow answers,models\n  croft pair photo.jpg",
		RunE: func(cmd *cobra.Command, args []string) error {
			inv, err := parseInvitation(cmd, args)
			if err != nil {
				return err
			}
			allow, err := f.read(cmd)
			if err != nil {
				return err
			}
			if allow.asked && !isTerminal(c.in) {
				return wrongUse(cmd, "nobody can be asked here, so say with --allow what the other device may do")
			}
			return interruptible(cmd.Context(), func(ctx context.Context) error {
				return c.withDevices(ctx, func(p *Parts) error { return c.addOne(ctx, p.Devices, inv, allow) })
			})
		},
	}
	f.add(cmd)
	return cmd
}

// pictureStart is how the text of a picture begins.
const pictureStart = "CROFT1:"

// photos are how the files of photos are called.
var photos = []string{".png", ".jpg", ".jpeg", ".gif"}

func parseInvitation(cmd *cobra.Command, args []string) (inv invitation, err error) {
	for _, a := range args {
		switch {
		case strings.HasPrefix(strings.ToUpper(a), pictureStart):
			inv.text = a
		case slices.Contains(photos, strings.ToLower(filepath.Ext(a))):
			inv.photo = a
		case strings.ContainsAny(a, ".:"):
			if inv.address != "" {
				return inv, wrongUse(cmd, "croft pair takes one address, so %q is too much", a)
			}
			inv.address = a
		default:
			inv.code += a
		}
	}
	inv.code = strings.NewReplacer(" ", "", "-", "").Replace(inv.code)
	switch {
	case inv.text != "" && inv.photo != "":
		return inv, wrongUse(cmd, "give the text of a picture or a photo of it, not both")
	case inv.text+inv.photo != "" && (inv.code != "" || inv.address != ""):
		return inv, wrongUse(cmd, "a picture says it all: give neither a code nor an address with it")
	case inv.code != "" && (len(inv.code) != 6 || strings.Trim(inv.code, "0123456789") != ""):
		return inv, wrongUse(cmd, "a code has six digits, as in croft pair 483 920")
	case inv.code == "" && inv.address != "":
		return inv, wrongUse(cmd, "give the code that the other device shows before its address")
	}
	return inv, nil
}

// addOne adds one device, as inv says.
func (c *commands) addOne(ctx context.Context, d *devices.Service, inv invitation, allow allowing) error {
	var guest *devices.Guest
	var err error
	switch {
	case inv.text != "":
		guest, err = d.Scan(ctx, inv.text)
	case inv.photo != "":
		guest, err = scanPhoto(ctx, d, inv.photo)
	case inv.code != "":
		guest, err = c.join(ctx, d, inv)
	default:
		guest, err = c.invite(ctx, d, c.out)
	}
	if err != nil {
		return err
	}
	added, err := c.answerGuest(ctx, guest, allow)
	if err != nil {
		return err
	}
	c.out.linef("%s", describeAdded(added))
	return nil
}

func scanPhoto(ctx context.Context, d *devices.Service, path string) (*devices.Guest, error) {
	photo, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer photo.Close() //nolint:errcheck // it was only read
	return d.ScanPhoto(ctx, photo)
}

func describeAdded(d devices.Device) string {
	return fmt.Sprintf("%s is one of my devices now. It may do here: %s. This device may do there: %s.", d.Name, wordsOf(d.Here), wordsOf(d.There))
}

// answerGuest asks what the guest may do and tells it.
func (c *commands) answerGuest(ctx context.Context, guest *devices.Guest, allow allowing) (devices.Device, error) {
	rights, ok, err := c.decide(ctx, allow, guest)
	if err != nil || !ok {
		// The context may have ended, and the other side shall be told all the same.
		refusal := guest.Refuse(context.WithoutCancel(ctx))
		switch {
		case err != nil:
			return devices.Device{}, err
		case refusal != nil:
			return devices.Device{}, refusal
		}
		c.err.linef("%s was not added.", guest.Name)
		return devices.Device{}, errSaid
	}
	c.err.status("Waiting for the answer at %s", guest.Name)
	defer c.err.clear()
	return guest.Accept(ctx, rights)
}

// errWentAway says that the device that was asked about does not wait for the answer any more.
var errWentAway error = &told{health.Problem{
	Title: "Device went away", Sentence: "The other device does not wait any longer.", Next: "Start adding it again.", Severity: health.Warning,
}}

// invite shows a code on a screen, and others as they take its place, until somebody had it.
func (c *commands) invite(ctx context.Context, d *devices.Service, on *screen) (*devices.Guest, error) {
	a, err := d.Offer(ctx)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	type result struct {
		guest *devices.Guest
		err   error
	}
	came := make(chan result, 1)
	go func() {
		guest, err := a.Wait(ctx)
		came <- result{guest, err}
	}()
	showInvitation(on, a)
	for {
		select {
		case r := <-came:
			return r.guest, r.err
		case _, open := <-a.Changed():
			if !open {
				r := <-came
				return r.guest, r.err
			}
			on.linef("A wrong code was typed, so there is a new one.")
			showInvitation(on, a)
		}
	}
}

func showInvitation(on *screen, a *devices.Adding) {
	if on.terminal {
		fmt.Fprint(on, "\n", a.Blocks(), "\n")
	}
	var addresses []string
	for _, at := range a.Addresses() {
		addresses = append(addresses, at.String())
	}
	fmt.Fprintf(on, "Code: %s\n", on.bold(a.Code()))
	on.linef("Address: %s", strings.Join(addresses, ", "))
	on.linef("Type the code on the other device, under Devices or with croft pair %s. It works once, until %s.",
		a.Code(), a.Expires().Local().Format("15:04:05"))
}

// join adds the device that shows the code.
func (c *commands) join(ctx context.Context, d *devices.Service, inv invitation) (*devices.Guest, error) {
	address := inv.address
	if address == "" {
		found, err := c.findAdding(ctx, d)
		if err != nil {
			return nil, err
		}
		address = found
	}
	c.err.status("Speaking with %s", address)
	defer c.err.clear()
	return d.Join(ctx, address, inv.code)
}

const (
	lookMax    = 15 * time.Second // for a device that shows a code
	lookAround = time.Second      // for a second one
)

// findAdding looks for the one device nearby that shows a code.
func (c *commands) findAdding(ctx context.Context, d *devices.Service) (address string, err error) {
	c.err.status("Looking for the device that shows the code")
	defer c.err.clear()
	changed := make(chan struct{}, 1)
	defer d.Watch(func() {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	var shown []string
	for enough := time.After(lookMax); ; {
		before := len(shown)
		shown = showing(d.Nearby())
		if before == 0 && len(shown) > 0 {
			enough = time.After(lookAround)
		}
		select {
		case <-enough:
			return theOne(shown)
		case <-changed:
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// showing are the addresses of those who show a code.
func showing(nearby []devices.Nearby) (addresses []string) {
	for _, n := range nearby {
		if n.Adding {
			addresses = append(addresses, n.Address.String())
		}
	}
	return addresses
}

// theOne is the only address there is. A code that is typed at the wrong device is spent there.
func theOne(shown []string) (string, error) {
	switch len(shown) {
	case 0:
		return "", &told{health.Problem{
			Sentence: "No device that shows a code was found on this network.",
			Next:     "Give its address, which it shows below the code: croft pair CODE ADDRESS; croft doctor looks for the cause.",
		}}
	case 1:
		return shown[0], nil
	}
	return "", &told{health.Problem{
		Sentence: fmt.Sprintf("%d devices show a code: %s.", len(shown), strings.Join(shown, ", ")),
		Next:     "Say which one is meant: croft pair CODE ADDRESS.",
	}}
}

// ended tells whether the window to add a device closed without anybody's fault.
func windowClosed(err error) bool {
	return errors.Is(err, devices.ErrExpired) || errors.Is(err, devices.ErrClosed)
}
