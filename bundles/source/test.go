package source

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/edgewise-dev/edgewise/core"
)

// Test is a case of rule tests: a visitor, and what is to be answered.
type Test struct {
	Name      Text
	Persona   Text            // whose context and consent stand where Context and Consent say nothing
	Context   string          // compact JSON object, as in a decide line; "" where the case has none
	Consent   string          // likewise
	Keys      map[string]Text // of Context, with dots where they are nested: where each stands
	Granted   []Text          // the purposes that Consent grants
	Now       Text            // RFC 3339, checked
	Buckets   []Bucket
	Sticky    []Expectation // of each decision the variant that the visitor had before
	Preview   []Expectation // of each decision the variant that is asked for
	Expect    []Expectation
	Outcomes  []Outcome
	Fallbacks []Fallback
	Pos       Pos
}

// Bucket asks for a visitor whose unit falls into a certain place of a split.
type Bucket struct {
	Decision Text
	Rule     Text // the rule whose split it is; not Present: the decision's only one
	Number   Text // a bucket, from 0 on; Bucket is its value
	Variant  Text // or a variant, in any bucket of its share
	Bucket   uint32
}

// Expectation is what must be answered to a decision. What is not Present may be anything.
type Expectation struct {
	Decision  Text
	Variant   Text
	NoVariant bool // the variant must be the one in the caller's code
	NoRule    bool // no rule must have decided
	Rule      Text
	Reason    Text
	JSON      string // the value must be this JSON; "" for any
	JSONPos   Pos
}

// Outcome is whether a purpose must be granted.
type Outcome struct {
	Purpose Text
	Granted bool
	Because Text // words that the evidence must have; not Present: any
	Pos     Pos
}

// Fallback is what must be answered when something is not known.
type Fallback struct {
	Situation Text // one of Situations
	Expect    []Expectation
}

// Situations are what may be missing: of a visitor, or of the bundle, which has then expired.
var Situations = []string{"nothing", "no_consent", "no_geo", "no_unit", "no_origin", "expired"}

var situationHelp = map[string]string{
	"nothing":    "Nothing is known of the visitor, and there is no consent signal.",
	"no_consent": "There is no consent signal: without a policy nothing is granted, with one its mode decides.",
	"no_geo":     "Where the visitor is is not known: no geo attribute.",
	"no_unit":    "What splits hash, such as session.id, is not known.",
	"no_origin":  "The origin has told nothing, and answers no deferred decision.",
	"expired":    "The bundle has expired, and no newer one came.",
}

var testKeys = keys[Test]{what: "a test", rules: schema{"required": []string{"name"}, "anyOf": []schema{{"required": []string{"expect"}}, {"required": []string{"expect_consent"}}, {"required": []string{"fallbacks"}}}},
	rows: []key[Test]{
		{"name", "What the case is about, in words.", textSchema,
			func(r *reader, n *yaml.Node, t *Test) { t.Name = r.text(n, "name") }},
		{"persona", "A persona of the bundle: its context and consent, but for what the case itself gives.", nameSchema,
			func(r *reader, n *yaml.Node, t *Test) { t.Persona = r.name(n, "persona") }},
		{"given", "What is known of the visitor.", givenKeys.schema(),
			func(r *reader, n *yaml.Node, t *Test) { readKeys(r, n, givenKeys, t) }},
		{"bucket", "Finds a visitor for a split: of a decision a bucket's number, such as 512, or a variant, which is any bucket of its share. " +
			"Where the decision has several splits, by the rule's name.", named(schema{"anyOf": []schema{placeSchema, named(placeSchema).with("type", "object")}}),
			readBucketPins},
		{"sticky", "Of each decision the variant that the visitor was served before.", variantOfEach,
			func(r *reader, n *yaml.Node, t *Test) { t.Sticky = readVariantOfEach(r, n, "sticky") }},
		{"preview", "Of each decision the variant that the visitor asks to see.", variantOfEach,
			func(r *reader, n *yaml.Node, t *Test) { t.Preview = readVariantOfEach(r, n, "preview") }},
		{"now", "The time to decide for: RFC 3339. Without one it is 1970-01-01T00:00:00Z, so that a case means the same for ever.", timeSchema,
			func(r *reader, n *yaml.Node, t *Test) { t.Now, _ = r.time(n, "now") }},
		{"expect", "What is to be answered: of each decision its variant, or null for the default in the caller's code, or {variant, reason, rule, value}.",
			expectationsSchema, func(r *reader, n *yaml.Node, t *Test) { t.Expect = readExpectations(r, n, "expect") }},
		{"expect_consent", "What is to be granted: of each purpose granted or denied, or {granted: WORDS} or {denied: WORDS} with words that the evidence must have.",
			outcomesSchema, readOutcomes},
		{"fallbacks", "What is to be answered where something is missing, written as expect is. Without persona and given the visitor consented to everything and is not known otherwise.",
			situationsSchema(), readFallbacks},
	}}

var placeSchema = schema{"anyOf": []schema{{"type": "integer", "minimum": 0}, nameSchema}}

var givenKeys = keys[Test]{what: "given", rows: []key[Test]{
	{"context", "Attributes and their values, as in the context of a decide line.", schema{"type": "object"},
		func(r *reader, n *yaml.Node, t *Test) {
			var p Persona
			personaKeys.find("context").read(r, n, &p)
			t.Context, t.Keys = p.Context, map[string]Text{}
			r.contextKeys(n, "", t.Keys)
		}},
	{"consent", "What is known of the visitor's consent, as in a decide line.", consentSignalKeys.schema(),
		func(r *reader, n *yaml.Node, t *Test) { t.Consent, t.Granted = readSignals(r, n) }},
}}

// contextKeys notes where the keys of a context stand, those of objects within it too.
func (r *reader) contextKeys(n *yaml.Node, prefix string, into map[string]Text) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		name := prefix + key.Value
		into[name] = Text{Value: key.Value, Pos: r.page.clamp(key.Line, key.Column), page: r.page}
		r.contextKeys(n.Content[i+1], name+".", into)
	}
}

func readBucketPins(r *reader, n *yaml.Node, t *Test) {
	r.entries(n, "bucket", func(decision Text, _, value *yaml.Node) {
		if value.Kind != yaml.MappingNode {
			readBucketPin(r, value, Bucket{Decision: decision}, t)
			return
		}
		r.entries(value, "bucket", func(rule Text, _, value *yaml.Node) {
			readBucketPin(r, value, Bucket{Decision: decision, Rule: rule}, t)
		})
	})
}

func readBucketPin(r *reader, n *yaml.Node, pin Bucket, t *Test) {
	if scalarOf(n) == scalarNumber {
		number, err := strconv.ParseUint(n.Value, 10, 32)
		if err != nil {
			r.fault(n, "a bucket is a whole number from 0 on, not "+kindOf(n), "")
			return
		}
		pin.Number, pin.Bucket = r.text(n, "bucket"), uint32(number)
	} else if pin.Variant = r.name(n, "bucket"); !pin.Variant.Present() {
		return
	}
	t.Buckets = append(t.Buckets, pin)
}

var variantOfEach = named(nameSchema)

func readVariantOfEach(r *reader, n *yaml.Node, key string) []Expectation {
	var all []Expectation
	r.entries(n, key, func(decision Text, _, value *yaml.Node) {
		if variant := r.name(value, key); variant.Present() {
			all = append(all, Expectation{Decision: decision, Variant: variant})
		}
	})
	return all
}

var expectationKeys = keys[Expectation]{what: "an expectation", rows: []key[Expectation]{
	{"variant", "The variant; null for the default in the caller's code.", nullableName,
		func(r *reader, n *yaml.Node, e *Expectation) { e.Variant, e.NoVariant = r.nameOrNull(n, "variant") }},
	{"reason", "Why: TARGETING_MATCH, SPLIT, DEFAULT, CONSENT and so on.", schema{"enum": reasons()},
		func(r *reader, n *yaml.Node, e *Expectation) {
			e.Reason = r.text(n, "reason")
			if e.Reason.Present() && !slices.Contains(reasons(), e.Reason.Value) {
				hint := "reasons: " + strings.Join(reasons(), ", ")
				if near, ok := Nearest(e.Reason.Value, reasons()); ok {
					hint = "did you mean " + near + "?"
				}
				r.fault(n, "no reason "+shortQuote(e.Reason.Value), hint)
			}
		}},
	{"rule", "The rule that decided; null for none.", nullableName,
		func(r *reader, n *yaml.Node, e *Expectation) { e.Rule, e.NoRule = r.nameOrNull(n, "rule") }},
	{"value", "The variant's value.", schema{},
		func(r *reader, n *yaml.Node, e *Expectation) {
			e.JSON, e.JSONPos = string(r.appendJSON(nil, n)), r.page.clamp(n.Line, n.Column)
		}},
}}

var (
	nullableName       = schema{"type": []string{"string", "null"}, "pattern": Name}
	expectationsSchema = named(schema{"anyOf": []schema{nullableName, expectationKeys.schema()}}).with("type", "object").with("minProperties", 1)
)

// reasons are the words that an answer's reason may be.
func reasons() []string {
	var all []string
	for reason := core.Reason(0); reason.String() != "UNKNOWN"; reason++ {
		all = append(all, reason.String())
	}
	return all
}

// nameOrNull reads a name, or says that null stands in its place.
func (r *reader) nameOrNull(n *yaml.Node, key string) (name Text, null bool) {
	if scalarOf(n) == scalarNull {
		return Text{}, true
	}
	return r.name(n, key), false
}

func readExpectations(r *reader, n *yaml.Node, key string) []Expectation {
	var all []Expectation
	r.entries(n, key, func(decision Text, _, value *yaml.Node) {
		e := Expectation{Decision: decision}
		if value.Kind == yaml.MappingNode {
			readKeys(r, value, expectationKeys, &e)
		} else {
			e.Variant, e.NoVariant = r.nameOrNull(value, "variant")
		}
		all = append(all, e)
	})
	if len(all) == 0 {
		r.fault(n, key+" expects nothing", "write DECISION: VARIANT")
	}
	return all
}

var outcomeKeys = keys[Outcome]{what: "an outcome", rules: schema{"minProperties": 1, "maxProperties": 1}, rows: []key[Outcome]{
	{"granted", "Granted, and words that the evidence must have.", textSchema,
		func(r *reader, n *yaml.Node, o *Outcome) { o.Granted, o.Because = true, r.text(n, "granted") }},
	{"denied", "Denied, and words that the evidence must have.", textSchema,
		func(r *reader, n *yaml.Node, o *Outcome) { o.Granted, o.Because = false, r.text(n, "denied") }},
}}

var outcomesSchema = named(schema{"anyOf": []schema{{"enum": []string{"granted", "denied"}}, outcomeKeys.schema()}}).with("type", "object").with("minProperties", 1)

func readOutcomes(r *reader, n *yaml.Node, t *Test) {
	r.entries(n, "expect_consent", func(purpose Text, _, value *yaml.Node) {
		o := Outcome{Purpose: purpose, Pos: r.page.clamp(value.Line, value.Column)}
		switch {
		case value.Kind != yaml.MappingNode:
			o.Granted = r.oneOf(value, "an outcome", "granted", "denied").Value == "granted"
		case len(value.Content) != 2:
			r.fault(value, "an outcome is one of granted, denied, {granted: WORDS} and {denied: WORDS}", "")
		default:
			readKeys(r, value, outcomeKeys, &o)
		}
		t.Outcomes = append(t.Outcomes, o)
	})
	if len(t.Outcomes) == 0 {
		r.fault(n, "expect_consent expects nothing", "write PURPOSE: granted")
	}
}

func situationsSchema() schema {
	properties := schema{}
	for _, situation := range Situations {
		properties[situation] = expectationsSchema.with("description", situationHelp[situation])
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1}
}

func readFallbacks(r *reader, n *yaml.Node, t *Test) {
	r.entries(n, "fallbacks", func(situation Text, key, value *yaml.Node) {
		if !slices.Contains(Situations, situation.Value) {
			r.unknownKey(key, "fallbacks", Situations)
			return
		}
		t.Fallbacks = append(t.Fallbacks, Fallback{situation, readExpectations(r, value, situation.Value)})
	})
	if len(t.Fallbacks) == 0 {
		r.fault(n, "fallbacks expects nothing", "write no_geo: {DECISION: VARIANT}")
	}
}

// readTests reads a list of cases. No two of a bundle have one name, so that a name says which one failed.
func (r *reader) readTests(n *yaml.Node) []Test {
	var all []Test
	for _, item := range r.items(n, "tests") {
		t := Test{Pos: r.page.clamp(item.Line, item.Column)}
		before := len(r.faults)
		if readKeys(r, item, testKeys, &t); len(r.faults) == before {
			switch {
			case !t.Name.Present():
				r.fault(item, "a test needs a name", "add name: and what the case is about")
			case len(t.Expect)+len(t.Outcomes)+len(t.Fallbacks) == 0:
				r.fault(item, "a test needs expect, expect_consent or fallbacks", "add expect: {DECISION: VARIANT}")
			default:
				r.onceTest(t.Name)
			}
		}
		all = append(all, t)
	}
	return all
}

func (r *reader) onceTest(name Text) {
	what := "test " + name.Value
	if first, taken := r.names[what]; taken {
		r.add(Fault{Pos: name.Pos, Length: name.Length(), Message: fmt.Sprintf("two tests are called %s", shortQuote(name.Value)),
			Hint: fmt.Sprintf("the other is %s", first)})
		return
	}
	r.names[what] = name.Pos
}

// Tests is what ReadTests finds: the cases, and the text of their files.
type Tests struct {
	Cases []Test
	Files Files // those of the bundle's source among them
}

// ReadTests reads the rule tests of a bundle that was read from a path: those under its key tests, and those in files beside it. A folder's
// are all *.test.yaml, *.test.yml and *.test.json below it; a file's are those that begin with its own name, shop.test.yaml beside
// shop.yaml. The error is of type Faults where a file can be read but does not hold tests.
func ReadTests(path string, b *Bundle) (*Tests, error) {
	names, err := testFiles(path)
	if err != nil {
		return nil, err
	}
	var files []File
	for _, name := range names {
		data, err := readFile(name)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Name: name, Data: data})
	}
	return ParseTests(b, files...)
}

// ParseTests is ReadTests for files that have been read.
func ParseTests(b *Bundle, files ...File) (*Tests, error) {
	r := &reader{files: make(Files), names: make(map[string]Pos)}
	tests := &Tests{Cases: slices.Clone(b.Tests), Files: r.files}
	for name, page := range b.Files {
		r.files[name] = page
	}
	for _, t := range b.Tests {
		r.names["test "+t.Name.Value] = t.Name.Pos
	}
	for _, file := range files {
		if root := r.parse(file); root != nil {
			tests.Cases = append(tests.Cases, r.readTests(root)...)
		}
	}
	if err := r.files.Report(r.faults).Err(); err != nil {
		return nil, err
	}
	return tests, nil
}

// testFiles names the files with tests beside a source, sorted.
func testFiles(path string) ([]string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		names, err := list(path, isTest)
		if errors.Is(err, errNoFiles) {
			return nil, nil
		}
		return names, err
	}
	folder, stem := filepath.Dir(path), strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	entries, err := os.ReadDir(folder)
	var names []string
	for _, entry := range entries {
		if isTest(entry.Name()) && strings.HasPrefix(entry.Name(), stem+".") {
			names = append(names, filepath.Join(folder, entry.Name()))
		}
	}
	return names, err
}

// isTest says whether a file of that name holds tests.
func isTest(name string) bool {
	stem := strings.TrimSuffix(name, filepath.Ext(name))
	switch filepath.Ext(name) {
	case ".yaml", ".yml", ".json":
		return strings.HasSuffix(stem, ".test")
	}
	return false
}
