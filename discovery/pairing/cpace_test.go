package pairing

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gtank/ristretto255"
)

// vector is one run of the draft's appendix.
type vector struct{ PRS, CI, SID, G, YaSecret, ADa, Ya, YbSecret, ADb, Yb, K, ISK string }

// draft is the run that draft-irtf-cfrg-cpace prints for CPACE-RISTR255-SHA512.
var draft = vector{
	PRS:      "50617373776f7264",
	CI:       "0b415f696e69746961746f720b425f726573706f6e646572",
	SID:      "7e4b4791d6a8ef019b936c79fb7f2c57",
	G:        "222b6b195fe84b1652badb6f6a3ae3d24341e7306967f0b8115b40d5698c7e56",
	YaSecret: "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08",
	ADa:      "414461",
	Ya:       "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157",
	YbSecret: "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d",
	ADb:      "414462",
	Yb:       "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258",
	K:        "80b69a8a76457ab6a4d7f887a4bf6b55a2f80ac19c333f917a05fc9887c8b40f",
	ISK: "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd" +
		"2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447",
}

// Of the draft's points: one that multiplies to a result, and two to refuse.
var (
	pointScalar   = "7cd0e075fa7955ba52c02759a6c90dbbfc10e6d40aea8d283e407d88cf538a05"
	pointValid    = "2c3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c"
	pointProduct  = "7c13645fe790a468f62c39beb7388e541d8405d1ade69d1778c5fe3e7f6b600e"
	pointNone     = "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c"
	pointIdentity = "0000000000000000000000000000000000000000000000000000000000000000"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func want(t *testing.T, what string, got []byte, hexWant string) {
	t.Helper()
	if !bytes.Equal(got, unhex(t, hexWant)) {
		t.Errorf("%s is %x, want %s", what, got, hexWant)
	}
}

// secretOf is a share with a given scalar instead of a random one.
func secretOf(t testing.TB, scalar string, g *ristretto255.Element) shareSecret {
	t.Helper()
	s, err := ristretto255.NewScalar().SetCanonicalBytes(unhex(t, scalar))
	if err != nil {
		t.Fatal(err)
	}
	return shareSecret{scalar: s, public: ristretto255.NewIdentityElement().ScalarMult(s, g).Bytes()}
}

func checkVector(t *testing.T, v vector) {
	t.Helper()
	sid := unhex(t, v.SID)
	g := generator(unhex(t, v.PRS), unhex(t, v.CI), sid)
	want(t, "g", g.Bytes(), v.G)
	a, b := secretOf(t, v.YaSecret, g), secretOf(t, v.YbSecret, g)
	want(t, "Ya", a.public, v.Ya)
	want(t, "Yb", b.public, v.Yb)
	for what, half := range map[string]struct{ mine, theirs shareSecret }{"K of a": {a, b}, "K of b": {b, a}} {
		k, err := half.mine.shared(half.theirs.public)
		if err != nil {
			t.Fatal(err)
		}
		want(t, what, k, v.K)
	}
	isk := sessionKey(sid, unhex(t, v.K), contribution{a.public, unhex(t, v.ADa)}, contribution{b.public, unhex(t, v.ADb)})
	want(t, "ISK", isk, v.ISK)
}

func TestTheDraftsRun(t *testing.T) { checkVector(t, draft) }

func TestTheDraftsPoints(t *testing.T) {
	checkPoints(t, pointScalar, pointValid, pointProduct, pointNone, pointIdentity)
}

func checkPoints(t *testing.T, scalar, valid, product, none, identity string) {
	t.Helper()
	s := secretOf(t, scalar, ristretto255.NewGeneratorElement())
	k, err := s.shared(unhex(t, valid))
	if err != nil {
		t.Fatal(err)
	}
	want(t, "the product", k, product)
	for what, point := range map[string]string{"no element": none, "the identity": identity} {
		if k, err := s.shared(unhex(t, point)); !errors.Is(err, errShare) {
			t.Errorf("%s as a share: %x, %v; want it refused", what, k, err)
		}
	}
}

// TestPublishedVectors reads the file of vectors that is published with the draft.
func TestPublishedVectors(t *testing.T) {
	dir := os.Getenv("CROFT_GOLDEN")
	if dir == "" {
		dir = filepath.Join("..", "..", "..", "shared", "golden")
	}
	b, err := os.ReadFile(filepath.Join(dir, "cpace", "testvectors.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("no published file of vectors: CROFT_GOLDEN names no folder with cpace/testvectors.json (%v); TestTheDraftsRun checks the same run", err)
	}
	var groups map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(b, &groups)
	}
	var run, points map[string]json.RawMessage
	for name, into := range map[string]*map[string]json.RawMessage{"G_Coffee25519": &run, "G_Coffee25519_points": &points} {
		if err == nil {
			err = json.Unmarshal(groups[name], into)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	text := func(from map[string]json.RawMessage, key string) (s string) {
		t.Helper()
		if err := json.Unmarshal(from[key], &s); err != nil || s == "" {
			t.Fatalf("%s: %q, %v", key, s, err)
		}
		return s
	}
	checkVector(t, vector{
		PRS: text(run, "PRS"), CI: text(run, "CI"), SID: text(run, "sid"), G: text(run, "g"),
		YaSecret: text(run, "ya"), ADa: text(run, "ADa"), Ya: text(run, "Ya"),
		YbSecret: text(run, "yb"), ADb: text(run, "ADb"), Yb: text(run, "Yb"),
		K: text(run, "K"), ISK: text(run, "ISK_IR"),
	})
	var valid map[string]json.RawMessage
	if err := json.Unmarshal(points["Valid"], &valid); err != nil {
		t.Fatal(err)
	}
	checkPoints(t, text(valid, "s"), text(valid, "X"), text(valid, "G.scalar_mult_vfy(s,X)"),
		text(points, "Invalid Y1"), text(points, "Invalid Y2"))
}

// The confirmation has no published vector: here it is computed by another
// program, from the sentence in the draft.
func TestTag(t *testing.T) {
	isk, sid := unhex(t, draft.ISK), unhex(t, draft.SID)
	got := tag(sid, isk, contribution{unhex(t, draft.Ya), unhex(t, draft.ADa)})
	// python3: hmac(sha512(b"CPaceMac"+sid+isk), b"\x20"+Ya+b"\x03ADa", sha512)
	want(t, "Ta", got, "30478d28d83ae3b214295e91f4a3eb62999a8ed94575075db4a7d3bc3e4d26f1"+
		"6c51adba12dc7771372637a46b5134e0937cddd7d820bfdd83be335e339eb57a")
}

func TestLengths(t *testing.T) {
	if got := lvCat(make([]byte, 128), nil, []byte{7}); len(got) != 2+128+1+2 || got[0] != 0x80 || got[1] != 1 || got[130] != 0 {
		t.Errorf("lvCat: % x", got)
	}
}

func TestOwnShareIsRefused(t *testing.T) {
	s := newShare(generator([]byte("483920"), []byte("here"), nil))
	if _, err := s.shared(s.public); !errors.Is(err, errShare) {
		t.Errorf("own share: %v", err)
	}
}

// Each thing that goes in changes the generator, so that none can be left out.
func TestGeneratorDependsOnAll(t *testing.T) {
	seen := map[string]string{}
	for what, g := range map[string]*ristretto255.Element{
		"base":     generator([]byte("483920"), []byte("ci"), []byte("sid")),
		"password": generator([]byte("483921"), []byte("ci"), []byte("sid")),
		"channel":  generator([]byte("483920"), []byte("cj"), []byte("sid")),
		"session":  generator([]byte("483920"), []byte("ci"), []byte("sie")),
		"border":   generator([]byte("483920"), []byte("cis"), []byte("id")),
	} {
		if other, ok := seen[string(g.Bytes())]; ok {
			t.Errorf("%s and %s share a generator", what, other)
		}
		seen[string(g.Bytes())] = what
	}
}
