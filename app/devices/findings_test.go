package devices

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"croft/discovery/identity"
	"croft/discovery/lan"
	"croft/discovery/mdns"
	"croft/discovery/pairing"
	"croft/discovery/trust"
)

func TestFindings(t *testing.T) {
	away := func(d deviceFacts) facts {
		d.name = "Studio PC"
		return facts{onNetwork: true, heard: 1, tellsAbsence: true, devices: []deviceFacts{d}}
	}
	tried := func(c ...Cause) deviceFacts { return deviceFacts{failed: 1, tries: c} }
	for name, c := range map[string]struct {
		facts facts
		want  []Cause
	}{
		"all is well":           {facts{onNetwork: true, heard: 2, devices: []deviceFacts{{name: "Studio PC", online: true}}}, nil},
		"no devices":            {facts{onNetwork: true}, nil},
		"no network":            {facts{lookProblem: mdns.ErrNoNetwork, devices: []deviceFacts{{name: "Studio PC"}}}, []Cause{NoNetwork}},
		"no multicast here":     {facts{onNetwork: true, lookProblem: mdns.ErrNoMulticast}, []Cause{NoMulticast}},
		"multicast blocked":     {facts{onNetwork: true, devices: []deviceFacts{{name: "Studio PC", online: true}}}, []Cause{NoMulticast}},
		"other version":         {facts{onNetwork: true, otherVersions: 1}, []Cause{OtherVersion}},
		"port taken":            {facts{onNetwork: true, listenProblem: errors.New("listen on 192.168.1.2:47300: taken")}, []Cause{NotListening}},
		"not paired":            {away(deviceFacts{status: NotPaired}), []Cause{NotPaired}},
		"speaks another":        {away(deviceFacts{status: OtherVersion}), []Cause{OtherVersion}},
		"never seen":            {away(tried()), []Cause{NoAddress}},
		"asleep":                {away(tried(Asleep, VPN)), []Cause{Asleep}},
		"not running":           {away(tried(Asleep, NotRunning)), []Cause{NotRunning}},
		"heard behind firewall": {away(deviceFacts{heard: true, failed: 1, tries: []Cause{silent, OtherSubnet}}), []Cause{Firewall}},
		"silent at first":       {away(tried(silent)), []Cause{Asleep}},
		"silent for long":       {away(deviceFacts{failed: triesSure, tries: []Cause{silent}}), []Cause{Firewall}},
		"VPN":                   {away(tried(OtherSubnet, VPN)), []Cause{VPN}},
		"other subnet":          {away(tried(OtherSubnet, OtherSubnet)), []Cause{OtherSubnet}},
		"address was given on":  {away(tried(OtherSubnet, OtherDevice)), []Cause{OtherDevice}},
		"who knows":             {away(tried(Unknown)), []Cause{Unknown}},
		"more than one": {
			facts{onNetwork: true, lookProblem: mdns.ErrNoMulticast, devices: []deviceFacts{{name: "a", tries: []Cause{Asleep}}, {name: "b", online: true}}},
			[]Cause{NoMulticast, Asleep},
		},
	} {
		var got []Cause
		for _, f := range findings(c.facts) {
			got = append(got, f.Cause)
			if f.Title == "" || !strings.HasSuffix(f.Sentence, ".") || !strings.HasSuffix(f.Next, ".") && !strings.HasSuffix(f.Next, ").") {
				t.Errorf("%s: not in words: %+v", name, f)
			}
			if !strings.Contains(f.Title, f.Device) {
				t.Errorf("%s: the title does not name the device: %+v", name, f)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: found %q, want %q", name, got, c.want)
		}
	}
	f := facts{onNetwork: true, heard: 1, devices: []deviceFacts{{name: "Studio PC", failed: triesSure, tries: []Cause{silent}}}}
	if got := findings(f); got[0].Cause != Asleep {
		t.Errorf("where the system does not tell that nobody is there: %q", got[0].Cause)
	}
}

func TestCauseOf(t *testing.T) {
	at := func(err error) error { return errors.Join(fmt.Errorf("192.168.1.20:47300: %w", err)) }
	for want, errs := range map[Cause][]error{
		NotPaired:    {at(trust.ErrRefused)},
		OtherVersion: {ErrVersion},
		NotRunning:   {at(syscall.ECONNREFUSED)},
		silent:       {at(context.DeadlineExceeded)},
		Asleep:       {at(syscall.EHOSTUNREACH)},
		VPN:          {at(&lan.AddressError{Err: lan.ErrVPN})},
		OtherSubnet:  {at(&lan.AddressError{Err: lan.ErrOffLink}), at(&lan.AddressError{Err: lan.ErrPublic})},
		OtherDevice:  {at(&trust.WrongDeviceError{}), at(identity.ErrNoDevice)},
		NoAddress:    {trust.ErrNoAddress},
		Unknown:      {errors.New("whatever")},
		"":           {nil},
	} {
		for _, err := range errs {
			if got := causeOf(err); got != want {
				t.Errorf("%v is %q, want %q", err, got, want)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	if explain(nil) != nil {
		t.Error("no error became one")
	}
	for _, of := range titles {
		err := fmt.Errorf("somewhere: %w", of.is)
		got := explain(err)
		problem := got.(*explained).Problem()
		if !errors.Is(got, of.is) || got.Error() != err.Error() || problem.Title != of.title || problem.Sentence == "" {
			t.Errorf("%v: %+v", got, problem)
		}
		if explain(got) != got {
			t.Errorf("%v was explained twice", of.is)
		}
		if problem.Next == "" && of.is != pairing.ErrRefused && of.is != pairing.ErrDecided && of.is != pairing.ErrTypedCode &&
			of.is != pairing.ErrText && of.is != identity.ErrNoDevice && of.is != lan.ErrUnusable && of.is != lan.ErrPublic {
			t.Errorf("%v says nothing of what to do", of.is)
		}
	}
}

func TestDiagnose(t *testing.T) {
	studio, laptop := newHouse(t, "Studio PC"), newHouse(t, "Laptop")
	pair(t, studio, laptop)
	if err := studio.Remove(t.Context(), laptop.ID()); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	checkDiagnosis(t, laptop, NotPaired)
	studio.stop(t)
	checkDiagnosis(t, laptop, NotRunning)
	studio.start(t)
	if took := time.Since(begin); took > diagnoseMax {
		t.Errorf("the two took %v", took)
	}
}

// checkDiagnosis looks at what is found of the one device. On the loopback nothing can be heard.
func checkDiagnosis(t *testing.T, h *house, want Cause) {
	t.Helper()
	var got []Cause
	for _, f := range h.Diagnose(t.Context()) {
		got = append(got, f.Cause)
	}
	if !slices.Contains(got, want) || slices.Contains(got, NoNetwork) {
		t.Errorf("found %q, want %q", got, want)
	}
}
