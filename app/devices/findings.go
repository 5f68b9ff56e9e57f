package devices

import (
	"context"
	"errors"
	"net"
	"slices"

	"croft/app/health"
	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/trust"
)

// Cause is why devices do not find or reach each other.
type Cause string

// The causes.
const (
	NoNetwork    Cause = "no network"    // this device is on none
	NotListening Cause = "not listening" // others cannot reach this device
	NoMulticast  Cause = "no multicast"  // devices cannot be looked for here
	OtherVersion Cause = "other version"
	NotPaired    Cause = "not paired" // the other device does not count this one among its own
	NotRunning   Cause = "not running"
	Firewall     Cause = "firewall"
	Asleep       Cause = "asleep" // or off
	VPN          Cause = "vpn"    // it is reached only through one, which the owner has not allowed
	OtherSubnet  Cause = "other subnet"
	OtherDevice  Cause = "other device" // another one has its address now
	NoAddress    Cause = "no address"   // it has not been seen
	Unknown      Cause = "unknown"
	silent       Cause = "silent" // no answer of any kind: Firewall or Asleep
)

// Finding is a cause with what a person can do about it.
type Finding struct {
	Cause  Cause
	Device string // name of the device that is not reached, "" for what concerns all
	health.Problem
}

// facts are what was observed when a diagnosis was asked for.
type facts struct {
	onNetwork     bool  // this device has an address that others on its network can use
	listenProblem error // why this device does not listen as it should
	lookProblem   error // why devices cannot be looked for
	heard         int   // announcements of others
	otherVersions int   // announcements of other versions
	tellsAbsence  bool  // the system says when nobody has an address, instead of staying silent
	devices       []deviceFacts
}

type deviceFacts struct {
	name   string
	online bool
	heard  bool  // it, or something at an address of its, is announced
	failed int   // how often in a row it was asked in vain
	status Cause // "" when the request for its status says nothing more than tries
	tries  []Cause
}

// findings names the causes, those that concern all devices first.
func findings(f facts) []Finding {
	if !f.onNetwork {
		return []Finding{{NoNetwork, "", health.Problem{
			Title: "No local network", Sentence: "This device is on no network on which others could be.",
			Next: "Connect it to the same network as your other devices.", Severity: health.Blocking,
		}}}
	}
	found := general(f)
	for _, d := range f.devices {
		if !d.online {
			c := d.cause(f)
			found = append(found, Finding{c, d.name, deviceProblem(c, d.name)})
		}
	}
	return found
}

func general(f facts) (found []Finding) {
	if f.listenProblem != nil {
		found = append(found, Finding{NotListening, "", health.Problem{
			Title: "Others cannot reach this device", Sentence: health.Sentence(f.listenProblem.Error()),
			Next: "Stop the other program, or start Croft again.", Severity: health.Warning,
		}})
	}
	online := slices.ContainsFunc(f.devices, func(d deviceFacts) bool { return d.online })
	switch {
	case f.lookProblem != nil:
		found = append(found, Finding{NoMulticast, "", health.Problem{
			Title: "Devices cannot be looked for", Sentence: "This system or network lets Croft send no multicast, by which devices find each other.",
			Next: "Add a device by typing its address; devices that were added are found at their last address.", Severity: health.Warning,
		}})
	case f.heard == 0 && online:
		found = append(found, Finding{NoMulticast, "", health.Problem{
			Title: "Devices do not hear each other", Sentence: "A device of yours answers, but its announcements do not arrive: the network seems to block multicast.",
			Next:     "Add devices by typing their address, or allow multicast in the router (often called client or AP isolation).",
			Severity: health.Note,
		}})
	}
	if f.otherVersions > 0 {
		found = append(found, Finding{OtherVersion, "", health.Problem{
			Title: "Another version nearby", Sentence: "A device on this network has a version of Croft that this one does not understand.",
			Next: "Update Croft on both.", Severity: health.Warning,
		}})
	}
	return found
}

// ranks has what is nearest to success first: one address that answers says more than all that do not.
var ranks = []Cause{NotPaired, OtherVersion, NotRunning, Firewall, silent, Asleep, VPN, OtherDevice, OtherSubnet}

// triesSure is how often a device has to be asked in vain until the system has noticed that nobody is there.
const triesSure = 3

func (d deviceFacts) cause(f facts) Cause {
	if d.status != "" {
		return d.status
	}
	if len(d.tries) == 0 {
		return NoAddress
	}
	for _, c := range ranks {
		if !slices.Contains(d.tries, c) {
			continue
		}
		switch {
		case c == silent && (d.heard || f.tellsAbsence && d.failed >= triesSure):
			return Firewall
		case c == silent:
			return Asleep
		}
		return c
	}
	return Unknown
}

func deviceProblem(c Cause, name string) health.Problem {
	p := health.Problem{Title: name + " is not reachable", Severity: health.Warning}
	switch c {
	case NotPaired:
		p.Title = name + " does not know this device"
		p.Sentence, p.Next = "It was removed there, or adding it was not finished.", "Add this device there again."
	case OtherVersion:
		p.Sentence, p.Next = "It has another version of Croft.", "Update Croft on both."
	case NotRunning:
		p.Sentence, p.Next = "It is on, but Croft does not run on it.", "Start Croft there, or croft serve."
	case Firewall:
		p.Sentence = "It is on, but what is sent to it disappears: a firewall on it seems to be in the way."
		p.Next = "Allow Croft in the firewall there, TCP port 47300 from the local network."
	case Asleep:
		p.Sentence, p.Next, p.Severity = "Nobody answers at its address: it is off, asleep or not on this network.", "Wake it up and see that it is on this network.", health.Note
	case VPN:
		p.Sentence = "It could be reached only through a VPN, and yours does not count as a local network."
		p.Next = "Switch the VPN off, let it leave local addresses alone, or allow your own VPN in Settings."
	case OtherSubnet:
		p.Sentence = "Its last address belongs to a network that this device is not on."
		p.Next = "Join the same network on both; a guest network counts as another one."
	case OtherDevice:
		p.Sentence, p.Next = "Something else has its last address now.", "See that it is on; it is found by itself once it is announced."
	case NoAddress:
		p.Sentence, p.Next, p.Severity = "It has not been seen on this network.", "See that it is on, awake and on this network.", health.Note
	default:
		p.Sentence, p.Next = "It does not answer as it should.", "Start Croft there again."
	}
	return p
}

// causeOf names what an attempt to reach a device met with; "" for none.
func causeOf(err error) Cause {
	var wrong *trust.WrongDeviceError
	var late net.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, trust.ErrRefused):
		return NotPaired
	case errors.Is(err, ErrVersion):
		return OtherVersion
	case isRefused(err):
		return NotRunning
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return silent
	case isUnreachable(err):
		return Asleep
	case errors.Is(err, lan.ErrVPN):
		return VPN
	case errors.As(err, &wrong), errors.Is(err, identity.ErrNoDevice):
		return OtherDevice
	case errors.Is(err, lan.ErrOffLink), errors.Is(err, lan.ErrPublic), errors.Is(err, lan.ErrUnusable):
		return OtherSubnet
	case errors.Is(err, trust.ErrNoAddress):
		return NoAddress
	}
	return Unknown
}
