package consentdump

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tidwall/gjson"

	"github.com/edgewise-dev/edgewise/core/consent"
)

// plain is a TC string of policy version 5: consent for purpose 1, for one site, without vendors.
const plain = "CP1h4AAP1h4AAEsAHAENDIFgAIAAAAAAAAYgAAAAAAAA"

func TestKindOf(t *testing.T) {
	for text, want := range map[string]Kind{plain: TCF, "DBAA": GPP, "1YNN": USPrivacy, "1---": USPrivacy, "": TCF, "1YNNNNNN": TCF, "BOEFEAy": TCF} {
		require.Equal(t, want, KindOf(text), text)
	}
}

func TestAnswer(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"US Privacy", `{"kind":"usp","string":"1YN-"}`, `{"Version":1,"Notice":"Y","OptOutSale":"N","LspaCovered":"-"}`},
		{"an empty GPP string", `{"kind":"gpp","string":"DBAA"}`, `{"version":1,"sectionIds":[],"sections":{}}`},
		{"a section to be skipped", `{"kind":"gpp","string":"DBABKY~A.B"}`, `{"version":1,"sectionIds":[28],"sections":{"28":{"name":null,"raw":"A.B"}}}`},
		{"parts", `{"kind":"usp","parts":[["1",1],["Y",2],["N",1]]}`, `{"Version":1,"Notice":"Y","OptOutSale":"Y","LspaCovered":"N"}`},
		{"no parts", `{"kind":"usp","parts":[]}`, `{"error":"usp: no text"}`},
		{"many parts", `{"kind":"tcf","parts":[["C",1e15]]}`, `{"error":"tcf: too long"}`},
		{"a text of nothing, many times", `{"kind":"tcf","parts":[["",1e15]]}`, `{"error":"tcf: no text"}`},
		{"malformed", `{"kind":"tcf","string":"C"}`, `{"error":"tcf: a segment ends before its last field"}`},
		{"malformed header", `{"kind":"gpp","string":"DBABM"}`, `{"error":"gpp: the header lists other sections than follow"}`},
		{"malformed section", `{"kind":"gpp","string":"DBABLA~BVQ"}`, `{"error":"gpp: section 7 (usnat): a segment ends before its last field"}`},
		{"malformed section to be skipped", `{"kind":"gpp","string":"DBABKY~A..B"}`, `{"error":"gpp: section 28: an empty segment"}`},
		{"further keys", `{"kind":"gpp","string":"DBAA","class":"x"}`, `{"version":1,"sectionIds":[],"sections":{}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Answer(nil, []byte(c.line))
			require.NoError(t, err)
			require.JSONEq(t, c.want, string(got))
		})
	}
}

func TestBadLines(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"no JSON", `CP1h4AAP`, "invalid"},
		{"no object", `[]`, "want a JSON object"},
		{"no kind", `{"string":"DBAA"}`, "kind: want"},
		{"another kind", `{"kind":"gdpr","string":"DBAA"}`, "kind: want"},
		{"no string", `{"kind":"gpp"}`, "string: want"},
		{"a string that is none", `{"kind":"gpp","string":1}`, "string: want"},
		{"a part that is none", `{"kind":"gpp","parts":["DBAA"]}`, "parts: 0: want"},
		{"a part without a count", `{"kind":"gpp","parts":[["D",1],["B","2"]]}`, "parts: 1: want"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Answer([]byte("before"), []byte(c.line))
			require.ErrorContains(t, err, c.want)
			require.Equal(t, "before", string(got))
		})
	}
}

// A string of all 24 purposes, with every kind of segment, holds every field.
func TestFieldsOfTCF(t *testing.T) {
	got, err := AppendJSON(nil, TCF, plain+".IAAA.YAAAAAAAAAA")
	require.NoError(t, err)
	for path, want := range map[string]string{
		"version": "2", "created": "1700419993600", "cmpId": "300", "cmpVersion": "7", "consentScreen": "0", "consentLanguage": `"EN"`,
		"policyVersion": "5", "isServiceSpecific": "true", "purposeConsents": "[1]", "publisherCountryCode": `"DE"`,
		"segments": `["core","disclosedVendors","publisherTC"]`, "disclosedVendors": `""`, "vendorsAllowed": "null",
		"publisherTC.numCustomPurposes": "0", "publisherRestrictions": "[]",
	} {
		require.Equal(t, want, gjson.GetBytes(got, path).Raw, path)
	}
}

func TestMerge(t *testing.T) {
	for _, c := range []struct {
		ranges []idRange
		want   string
	}{
		{nil, ""},
		{[]idRange{{5, 5}}, "5"},
		{[]idRange{{1, 1}, {2, 2}}, "1-2"},
		{[]idRange{{7, 9}, {1, 3}}, "1-3,7-9"},
		{[]idRange{{1, 65535}, {3, 4}, {1, 65535}}, "1-65535"},
		{[]idRange{{1, 5}, {3, 4}, {6, 6}, {8, 8}}, "1-6,8"},
	} {
		require.Equal(t, c.want, write(merge(c.ranges)))
	}
}

func TestExplain(t *testing.T) {
	const lists = "CP1h4AAP1h4AAEsAHAENDIFgAIAAAAAAAAYg" // the fixed fields alone
	require.Equal(t, lists, plain[:len(lists)])
	for _, c := range []struct {
		name string
		kind Kind
		text string
		want []string
	}{
		{"a TC string", TCF, plain, []string{
			"created                               19 November 2023, 18:53 UTC\n",
			"   1 store or read data on the device   consent\n",
			"   2 choose ads by limited data         no\n",
			"  with consent                          none\n",
			"until 19 December 2024 at most",
			"TCF 2.3 has required that since",
			"there is no publisher segment",
		}},
		{"an old TC string", TCF, "CP1h4AAP1h4AAAAAHAENDICAAIAAAAAAAAYgAAAAAAAA.YAAAAAAAAAA.IAAA", []string{
			"  shown to the visitor                  none\n",
			"Policy version 2 is older than TCF 2.2.",
			"A global scope has not been valid since",
			"No registered consent manager has the id 0.",
			"What the visitor allows the site itself\n",
		}},
		{"US Privacy", USPrivacy, "1YY-", []string{
			"sale of personal data                 opted out (Y)\n",
			"service provider agreement            does not apply (-)\n",
		}},
		{"a GPP string", GPP, "DBACMMA~BVQqAAAAAAKA.QA~BVQqAAAAAAKA.YA", []string{
			"Section 2, tcfeuv2: Europe, a TC string\n  malformed: says nothing               a version that is not supported\n",
			"Section 7, usnat: United States as a whole\n",
			"  sale of personal data                 did not opt out (2)\n",
			"  sensitive data                        does not apply (0): 1, 2, 3 (health),",
			"  Global Privacy Control                on\n",
		}},
		{"a section that is not known", GPP, "DBABKY~A", []string{"Section 28\n  skipped "}},
		{"a section for one child", GPP, "DBABRg~BVVVVVV", []string{"Section 9, usva: Virginia\n", "  data of known children                no consent (1)\n", "  sensitive data                        no consent (1): 1, 2, 3 (health), 4,\n"}},
		{"opt-outs of sensitive data", GPP, "DBABBg~BVVVVVVV", []string{"  sensitive data                        opted out (1): 1, 2, 3 (precise\n"}},
		{"OneTrust, escaped twice", OneTrust, "interactionCount%3D1%26groups%3DC0001%253A1%252CBG71%253A0", []string{"  Global Privacy Control                off\n", "  C0001                                 granted\n", "  BG71                                  denied\n"}},
		{"OneTrust, untouched", OneTrust, "interactionCount=0&groups=C0001:1", []string{"  C0001                                 nothing that counts\n", "Nothing in it is the visitor's own choice"}},
		{"Cookiebot", Cookiebot, "{stamp:'x',necessary:true,preferences:false,statistics:true,marketing:false,method:'explicit',ver:1,utc:1724770548958}",
			[]string{"  the visitor chose                     27 August 2024, 14:55 UTC\n", "  statistics                            granted\n", "  marketing                             denied\n"}},
		{"CookieYes", CookieYes, "consentid:x,consent:yes,action:yes,necessary:yes,analytics:no", []string{"  analytics                             denied\n", "  other                                 nothing that counts\n"}},
		{"WP Consent API", WPConsent, "deny", []string{"  its group                             denied\n"}},
		{"Google Consent Mode", GoogleConsent, "v=1&update=1764000000&ad_storage=denied&analytics_storage=granted", []string{"  analytics_storage                     granted\n"}},
		{"Global Privacy Control", GPC, "1", []string{"1: the visitor says no"}},
		{"no Global Privacy Control", GPC, "true", []string{`"true": says nothing`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Explain(c.kind, c.text)
			require.NoError(t, err)
			for _, want := range c.want {
				require.Contains(t, unwrapped(got), unwrapped(want))
			}
			for _, line := range strings.Split(got, "\n") {
				require.LessOrEqual(t, len(line), pageWidth)
				require.Equal(t, strings.TrimRight(line, " "), line)
			}
		})
	}
	for _, kind := range append([]Kind{"x"}, Kinds...) {
		if kind != GPC { // any other value is none
			_, err := Explain(kind, "?")
			require.Error(t, err, kind)
		}
		_, err := AppendJSON(nil, kind, "?")
		require.Error(t, err)
	}
}

func TestGuess(t *testing.T) {
	for _, c := range []struct {
		text string
		kind Kind
		want string
	}{
		{"1YNN", USPrivacy, "1YNN"},
		{"usprivacy=1YNN", USPrivacy, "1YNN"},
		{"euconsent-v2=CPXx", TCF, "CPXx"},
		{"DBABLA~BVQqAAAAAAKA.QA", GPP, "DBABLA~BVQqAAAAAAKA.QA"},
		{"OptanonConsent=groups=C0001:1", OneTrust, "groups=C0001:1"},
		{"CookieConsent=-1", Cookiebot, "-1"},
		{"cmplz_marketing=allow", WPConsent, "allow"},
		{"wp_consent_marketing=deny", WPConsent, "deny"},
		{"sec-gpc: 1", GPC, "1"},
		{"other=1", TCF, "other=1"},
	} {
		kind, text := Guess(c.text)
		require.Equal(t, c.kind, kind, c.text)
		require.Equal(t, c.want, text)
	}
}

// unwrapped is a text without the layout of its page.
func unwrapped(text string) string { return strings.Join(strings.Fields(text), " ") }

// Every section that core/consent reads has a name and a region.
func TestSectionsHaveWords(t *testing.T) {
	for id := range 40 {
		require.Equal(t, consent.SectionName(id) != "", regions[id] != "", "section %d", id)
	}
}
