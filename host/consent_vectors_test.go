package host_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/edgewise-dev/edgewise/host/lines"
	"github.com/edgewise-dev/edgewise/testdata/vectors"
)

// Each string of the third-party vectors is decided with, in each mode, over policies that ask for each purpose of TCF for each subject, and for
// each field of the sections for the United States; natively and in the module. A purpose is granted where what the vector says
// the string holds, and what the specifications make of it, have it so.

// The jurisdictions of the policies, by the country that they are for.
var consentModes = []string{"opt_in", "opt_out", "notice", "deny"}

// vectorPolicy writes a bundle that asks nothing but what its purposes are: lines of "name: {...}".
func vectorPolicy(settings string, purposes ...string) string {
	s := "bundle: vectors\nconsent:\n" + settings + "  purposes:\n    " + strings.Join(purposes, "\n    ") + "\n  jurisdictions:\n"
	for _, mode := range consentModes[1:] {
		s += fmt.Sprintf("    - {when: 'geo.country == \"%s\"', modes: {\"*\": %s}}\n", mode, mode)
	}
	return s + "    - {modes: {\"*\": opt_in}}\n"
}

// policyDeciders answer lines over a policy.
func policyDeciders(t *testing.T, source, cacheDir string) (native, wasm lines.Answer) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "bundle.yaml"), []byte(source), 0o600))
	return deciders(t, folder, cacheDir)
}

// said is what an answer says about a purpose.
type said struct {
	Granted bool
	Because string
}

// outcome is what the signals alone come to.
type outcome string

const (
	grants outcome = "grants"
	denies outcome = "denies"
	open   outcome = "open"
)

func (o outcome) granted(mode string) bool {
	return mode != "deny" && (o == grants || o == open && mode != "opt_in")
}

// askConsent asks about consent, in each mode.
func askConsent(t *testing.T, native, wasm lines.Answer, signals map[string]any, now time.Time, check func(mode string, purposes map[string]said)) {
	for _, mode := range consentModes {
		line, err := json.Marshal(map[string]any{"context": map[string]any{"geo.country": mode}, "consent": signals, "now": now})
		require.NoError(t, err)
		var answer struct{ Consent map[string]said }
		require.NoError(t, json.Unmarshal([]byte(answerOfBoth(t, native, wasm, line)), &answer))
		check(mode, answer.Consent)
	}
}

// tcVector is the part of a decoded TC string that decisions can depend on.
type tcVector struct {
	LastUpdated               int64
	PolicyVersion             int
	IsServiceSpecific         bool
	PurposeConsents           []int
	PurposeLegitimateInterest []int `json:"purposeLegitimateInterests"`
	VendorConsents            string
	VendorLegitimateInterests string
	PublisherRestrictions     []struct {
		Purpose, Type int
		Vendors       string
	}
	DisclosedVendors *string
	PublisherTC      *struct {
		PurposeConsents           []int
		PurposeLegitimateInterest []int `json:"purposeLegitimateInterests"`
	}
}

// tcPolicy is what a policy asks of TC strings.
type tcPolicy struct {
	subject          string // publisher, core, or a vendor's number
	interest         bool
	missingDisclosed bool
}

// source writes a purpose for each that is asked.
func (p tcPolicy) source(purposes []int) string {
	subject, settings := "subject: "+p.subject, "  max_age: 30d\n"
	if _, err := strconv.Atoi(p.subject); err == nil {
		subject = "vendor: " + p.subject
	}
	if p.missingDisclosed {
		settings += "  missing_disclosed: ok\n"
	}
	var all []string
	for _, n := range purposes {
		all = append(all, fmt.Sprintf("p%d: {tcf: {%s, purposes: [%d], legitimate_interest: %t}}", n, subject, n, p.interest))
	}
	return vectorPolicy(settings, all...)
}

// outcome says what a TC string comes to for a purpose, when it is read soon after it was updated.
func (v *tcVector) outcome(p tcPolicy, purpose int) outcome {
	if !v.IsServiceSpecific || v.PolicyVersion < 4 || v.DisclosedVendors == nil && !p.missingDisclosed {
		return open
	}
	consented, interested := v.PurposeConsents, v.PurposeLegitimateInterest
	byConsent, byInterest := true, p.interest && !slices.Contains([]int{1, 3, 4, 5, 6}, purpose)
	switch p.subject {
	case "core":
	case "publisher":
		if v.PublisherTC == nil {
			return denies
		}
		consented, interested = v.PublisherTC.PurposeConsents, v.PublisherTC.PurposeLegitimateInterest
	default:
		byConsent = byConsent && inRanges(v.VendorConsents, p.subject)
		byInterest = byInterest && inRanges(v.VendorLegitimateInterests, p.subject)
		if v.DisclosedVendors != nil && !inRanges(*v.DisclosedVendors, p.subject) {
			return denies
		}
		for _, r := range v.PublisherRestrictions {
			if r.Purpose == purpose && inRanges(r.Vendors, p.subject) {
				byConsent = byConsent && r.Type == 1
				byInterest = byInterest && r.Type == 2
			}
		}
	}
	if byConsent && slices.Contains(consented, purpose) || byInterest && slices.Contains(interested, purpose) {
		return grants
	}
	return denies
}

// inRanges says whether a list such as "1-3,7" has a number.
func inRanges(list, number string) bool {
	n, _ := strconv.Atoi(number)
	for _, entry := range strings.Split(list, ",") {
		first, last, several := strings.Cut(entry, "-")
		if !several {
			last = first
		}
		low, err := strconv.Atoi(first)
		high, _ := strconv.Atoi(last)
		if err == nil && n >= low && n <= high {
			return true
		}
	}
	return false
}

func TestConsentOfTCFVectors(t *testing.T) {
	type line struct {
		String string
		Expect tcVector
	}
	all := vectors.Lines[line](t, "consent", "tcf.jsonl")
	var purposes []int
	for n := 1; n <= 24; n++ {
		purposes = append(purposes, n)
	}
	count := map[outcome]int{}
	cacheDir := t.TempDir()
	for _, p := range []tcPolicy{
		{"publisher", false, false}, {"publisher", true, true}, {"core", false, false}, {"core", true, true},
		{"2", true, false}, {"21", false, true}, {"93", true, true}, {"755", false, false},
	} {
		t.Run(fmt.Sprintf("%+v", p), func(t *testing.T) {
			native, wasm := policyDeciders(t, p.source(purposes), cacheDir)
			for _, v := range all {
				updated := time.UnixMilli(v.Expect.LastUpdated)
				askConsent(t, native, wasm, map[string]any{"tcf": v.String}, updated.Add(29*24*time.Hour), func(mode string, got map[string]said) {
					require.Len(t, got, len(purposes))
					for _, n := range purposes {
						want := v.Expect.outcome(p, n)
						count[want]++
						require.Equal(t, want.granted(mode), got[fmt.Sprint("p", n)].Granted, "%s, %s, purpose %d: %s", v.String, mode, n, got[fmt.Sprint("p", n)].Because)
					}
				})
				askConsent(t, native, wasm, map[string]any{"tcf": v.String}, updated.Add(31*24*time.Hour), func(mode string, got map[string]said) {
					for purpose, got := range got {
						require.Equal(t, open.granted(mode), got.Granted, "%s, %s, %s, too old", v.String, mode, purpose)
					}
				})
			}
		})
	}
	for _, o := range []outcome{grants, denies, open} {
		require.Greater(t, count[o], 1000, "%s", o)
	}
}

// usVector is a decoded section of a GPP string.
type usVector struct {
	Fields map[string]any
	GPC    *bool
	TC     *tcVector
}

// usPurposes is the policy that asks each field.
var usPurposes = []string{
	"sale: {gpp: {opt_out_of: [sale]}}", "sharing: {gpp: {opt_out_of: [sharing]}}", "targeted: {gpp: {opt_out_of: [targeted_advertising]}}",
	"health: {gpp: {sensitive: [health]}}", "location: {gpp: {sensitive: [precise_geolocation]}}", "child: {gpp: {sensitive: [known_child]}}",
	"gpc: {gpc: denies}", "tcf: {tcf: {subject: core, purposes: [1]}}",
}

// outcome says what a section comes to for a purpose of usPurposes; noticed: where an opt-out needs a notice not to apply.
func (v *usVector) outcome(section, purpose string, noticed bool) outcome {
	value := func(field string) int {
		n, _ := v.Fields[field].(float64)
		return int(n)
	}
	items := func(field string) (all []int) {
		list, several := v.Fields[field].([]any)
		if !several {
			list = []any{v.Fields[field]}
		}
		for _, item := range list {
			n, _ := item.(float64)
			all = append(all, int(n))
		}
		return all
	}
	restricts := func(n int) bool { return n == 1 || n == 3 }
	optOut := func(field string) bool {
		_, there := v.Fields[field]
		return restricts(value(field)) || noticed && there && value(field) == 0 && value(field+"Notice") > 1
	}
	item := func(ordinary int, others map[string]int) bool {
		place, special := others[section]
		if !special {
			place = ordinary
		}
		all := items("SensitiveDataProcessing")
		return place > 0 && place <= len(all) && restricts(all[place-1])
	}
	denied := false
	switch purpose {
	case "sale":
		denied = optOut("SaleOptOut") || v.Fields["OptOutSale"] == "Y"
	case "sharing":
		denied = optOut("SharingOptOut")
	case "targeted":
		denied = optOut("TargetedAdvertisingOptOut")
	case "health":
		denied = item(3, map[string]int{"8": 8, "11": 5})
	case "location":
		denied = item(8, map[string]int{"8": 3, "15": 11, "10": 0})
	case "child":
		denied = slices.ContainsFunc(items("KnownChildSensitiveDataConsents"), restricts)
	case "gpc":
		denied = v.GPC != nil && *v.GPC
	case "tcf":
		if v.TC != nil {
			return v.TC.outcome(tcPolicy{subject: "core"}, 1)
		}
	}
	if denied {
		return denies
	}
	return open
}

func TestConsentOfGPPVectors(t *testing.T) {
	type line struct {
		String string
		Expect struct{ Sections map[string]usVector }
	}
	all := vectors.Lines[line](t, "consent", "gpp.jsonl")
	met := map[string]bool{}
	denied := map[bool]int{}
	for _, noticed := range []bool{false, true} {
		settings := "  max_age: 3650d\n"
		if noticed {
			settings += "  missing_notice: denies\n"
		}
		native, wasm := policyDeciders(t, vectorPolicy(settings, usPurposes...), t.TempDir())
		for _, v := range all {
			now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
			askConsent(t, native, wasm, map[string]any{"gpp": v.String}, now, func(mode string, got map[string]said) {
				require.Len(t, got, len(usPurposes))
				for purpose, got := range got {
					want := open
					for id, section := range v.Expect.Sections {
						if o := section.outcome(id, purpose, noticed); o != open && want != denies {
							want = o
						}
					}
					if want == denies {
						denied[noticed]++
					}
					met[purpose+" "+string(want)] = true
					require.Equal(t, want.granted(mode), got.Granted, "%s, %s, %s: %s", v.String, mode, purpose, got.Because)
				}
			})
		}
	}
	require.Less(t, denied[false], denied[true])
	for _, purpose := range usPurposes {
		name, _, _ := strings.Cut(purpose, ":")
		require.True(t, met[name+" denies"] && met[name+" open"], name)
	}
	require.True(t, met["tcf grants"])
}

func TestConsentOfMalformedVectors(t *testing.T) {
	type line struct {
		Kind, Class, Why, String string
		Parts                    [][2]any
	}
	native, wasm := policyDeciders(t, vectorPolicy("  max_age: 3650d\n  min_policy: 1\n  missing_disclosed: ok\n", usPurposes...), t.TempDir())
	inSections := []string{"truncated-section", "bad-char", "bad-tcf-section", "bad-usp"}
	met := 0
	for _, v := range vectors.Lines[line](t, "consent", "malformed.jsonl") {
		text := v.String
		for _, part := range v.Parts {
			text += strings.Repeat(part[0].(string), int(part[1].(float64)))
		}
		askConsent(t, native, wasm, map[string]any{v.Kind: text}, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), func(mode string, got map[string]said) {
			faults := 0
			for purpose, got := range got {
				// What is well formed in another section may deny, and nothing may grant.
				if !got.Granted && v.Kind == "gpp" && slices.Contains(inSections, v.Class) {
					continue
				}
				require.Equal(t, open.granted(mode), got.Granted, "%s %s (%s): %s, %s: %s", v.Kind, v.Class, v.Why, mode, purpose, got.Because)
				if strings.HasPrefix(got.Because, v.Kind) {
					faults++
				}
			}
			if text != "" && mode != "deny" && !(v.Kind == "gpp" && slices.Contains(inSections, v.Class)) {
				require.NotZero(t, faults, "%s %s: nothing says what is wrong", v.Kind, v.Class)
				met++
			}
		})
	}
	require.Greater(t, met, 100)
}
