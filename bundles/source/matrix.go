package source

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// matrix is a table of content: audiences down, slots (decisions) across, the variant that each gets. It becomes rules of the decisions, behind
// those that they have of their own, each at the place of its cell.
type matrix struct {
	slots []Text
	rows  []matrixRow
}

type matrixRow struct {
	audience Text
	cells    []Text // by slot; not Present: the next audience decides
}

// maxMatrixRows is more audiences than anybody can look through.
const maxMatrixRows = 5000

var matrixKeys = keys[matrix]{what: "a matrix", rules: schema{"required": []string{"slots", "rows"}}, rows: []key[matrix]{
	{"slots", "The decisions that it gives rules to.", listOf(nameSchema).with("type", "array").with("minItems", 1),
		func(r *reader, n *yaml.Node, m *matrix) { m.slots = r.texts(n, "slots", r.name) }},
	{"rows", "{audience: CONDITION, SLOT: VARIANT, ...}. A slot without a variant leaves the decision to the next audience.",
		listOf(schema{"type": "object", "required": []string{"audience"}, "additionalProperties": schema{"type": []string{"string", "null"}}}),
		func(*reader, *yaml.Node, *matrix) {}}, // read when the slots are known
}}

func readMatrix(r *reader, n *yaml.Node, _ *Bundle) {
	if !r.once("matrix", n) {
		return
	}
	r.matrix = &matrix{}
	if n.Kind != yaml.MappingNode {
		if name := r.text(n, "matrix"); name.Present() {
			r.readTable(n, name)
		}
		return
	}
	before := len(r.faults)
	readKeys(r, n, matrixKeys, r.matrix)
	if len(r.faults) != before {
		return
	}
	if len(r.matrix.slots) == 0 || !hasKey(n, "rows") {
		r.fault(n, "a matrix needs slots and rows", "write {slots: [hero], rows: [{audience: CONDITION, hero: VARIANT}]}")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == "rows" {
			r.matrixRows(n.Content[i+1])
		}
	}
}

func (r *reader) matrixRows(n *yaml.Node) {
	m := r.matrix
	known := []string{"audience"}
	for _, slot := range m.slots {
		known = append(known, slot.Value)
	}
	for _, item := range r.items(n, "rows") {
		row := matrixRow{cells: make([]Text, len(m.slots))}
		if item.Kind != yaml.MappingNode {
			r.fault(item, "a row is a mapping of keys, not "+kindOf(item), "write {audience: CONDITION, SLOT: VARIANT}")
			continue
		}
		for i := 0; i+1 < len(item.Content); i += 2 {
			name, value := item.Content[i], item.Content[i+1]
			slot := slices.IndexFunc(m.slots, func(t Text) bool { return t.Value == name.Value })
			switch {
			case name.Value == "audience":
				row.audience = r.condition(value, "audience")
			case slot < 0:
				r.unknownKey(name, "a row", known)
			case scalarOf(value) != scalarNull:
				row.cells[slot] = r.name(value, name.Value)
			}
		}
		if !hasKey(item, "audience") {
			r.fault(item, "a row needs an audience", `write audience: "true" for everybody`)
		}
		m.rows = append(m.rows, row)
	}
}

// readTable reads a matrix from a CSV file, as a spreadsheet writes it: the first line has audience and the slots. Commas or semicolons.
func (r *reader) readTable(n *yaml.Node, name Text) {
	if filepath.Ext(name.Value) != ".csv" || !filepath.IsLocal(filepath.FromSlash(name.Value)) {
		r.fault(n, fmt.Sprintf("%s is no CSV file beside this one", shortQuote(name.Value)), "write matrix: matrix.csv")
		return
	}
	file, err := r.tables(filepath.Join(filepath.Dir(r.page.name), filepath.FromSlash(name.Value)))
	if err != nil {
		reason := err.Error()
		if errors.Is(err, fs.ErrNotExist) {
			reason = "there is no such file"
		}
		r.fault(n, fmt.Sprintf("%s: %s", name.Value, reason), "")
		return
	}
	page, data, fault := newPage(file)
	r.files[file.Name] = page
	if fault != nil {
		r.add(*fault)
		return
	}
	r.tableRows(page, string(data))
}

func (r *reader) tableRows(page *page, data string) {
	page.table = true
	lines := csv.NewReader(strings.NewReader(data))
	lines.FieldsPerRecord = -1
	lines.Comma = separator(data)
	// cell is a field's text where it stands. Its place in a line is counted in characters.
	cell := func(record []string, i int) Text {
		line, column := lines.FieldPos(i)
		text := page.line(line)
		column = len([]rune(text[:min(column-1, len(text))])) + 1
		for page.character(line, column) == ' ' {
			column++
		}
		return Text{Value: strings.TrimSpace(record[i]), Pos: page.clamp(line, column), page: page}
	}
	fault := func(at Text, message, hint string) {
		r.add(Fault{Pos: at.Pos, Length: at.Length(), Message: message, Hint: hint})
	}
	for number := 0; ; number++ {
		record, err := lines.Read()
		if err == io.EOF {
			break
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			r.add(notCSV(page, wrong))
			return
		}
		if number > maxMatrixRows {
			r.add(Fault{Pos: page.clamp(1, 1), Message: fmt.Sprintf("the matrix has more than %d rows", maxMatrixRows)})
			return
		}
		first := cell(record, 0)
		if number == 0 && strings.HasPrefix(first.Value, separatorLine) { // what a spreadsheet writes to say how it separates
			number--
			continue
		}
		if number == 0 {
			if !strings.EqualFold(first.Value, "audience") {
				fault(first, "the first column is not audience", "begin with a line such as audience,hero,banner")
				return
			}
			for i := 1; i < len(record); i++ {
				slot := cell(record, i)
				if slot.Value == "" && strings.Join(record[i:], "") == "" { // spreadsheets leave columns behind
					break
				}
				if slices.ContainsFunc(r.matrix.slots, func(t Text) bool { return t.Value == slot.Value }) {
					fault(slot, fmt.Sprintf("slot %s has two columns", slot.Value), "make one of them")
					return
				}
				if !namePattern.MatchString(slot.Value) {
					fault(slot, fmt.Sprintf("%s is not the name of a decision", shortQuote(slot.Value)), "the first line names the slots")
					return
				}
				r.matrix.slots = append(r.matrix.slots, slot)
			}
			continue
		}
		if strings.Join(record, "") == "" { // spreadsheets leave lines behind
			continue
		}
		if strings.EqualFold(first.Value, "true") { // a spreadsheet writes it in capitals
			first.Value = "true"
		}
		row := matrixRow{audience: first, cells: make([]Text, len(r.matrix.slots))}
		if first.Value == "" {
			fault(first, "this row has no audience", "write true for everybody")
			row.audience = Text{}
		}
		for i := 1; i < len(record); i++ {
			variant := cell(record, i)
			switch {
			case variant.Value == "":
			case i > len(r.matrix.slots):
				fault(variant, "this cell has no slot above it", "")
			case !namePattern.MatchString(variant.Value):
				fault(variant, fmt.Sprintf("%s is not the name of a variant", shortQuote(variant.Value)), "")
			default:
				row.cells[i-1] = variant
			}
		}
		r.matrix.rows = append(r.matrix.rows, row)
	}
	if len(r.matrix.slots) == 0 && len(r.faults) == 0 {
		r.add(Fault{Pos: page.clamp(1, 1), Message: "the matrix names no slots", Hint: "begin with a line such as audience,hero,banner"})
	}
}

// separatorLine begins the line with which a spreadsheet says how it separates cells.
const separatorLine = "sep="

// separator is what stands between the cells of a CSV file: where the decimal sign is a comma, spreadsheets write semicolons; others write tabs.
func separator(data string) rune {
	first, _, _ := strings.Cut(data, "\n")
	if said, ok := strings.CutPrefix(first, separatorLine); ok && len(said) > 0 && strings.ContainsRune(",;\t", rune(said[0])) {
		return rune(said[0])
	}
	best := ','
	for _, other := range ";\t" {
		if strings.Count(first, string(other)) > strings.Count(first, string(best)) {
			best = other
		}
	}
	return best
}

// notCSV says what is wrong with a line, where.
func notCSV(page *page, wrong *csv.ParseError) Fault {
	line := page.line(wrong.Line)
	fault := Fault{Pos: page.clamp(wrong.Line, len([]rune(line[:min(max(wrong.Column-1, 0), len(line))]))+1), Message: "this cell is no CSV: " + wrong.Err.Error()}
	switch wrong.Err {
	case csv.ErrBareQuote:
		fault.Message, fault.Hint = "a quote inside a cell that does not begin with one", `put the cell in quotes and double those in it: "device.class == ""mobile"""`
	case csv.ErrQuote:
		fault.Message, fault.Hint = "a quote that ends its cell too early, or is not closed", `double the quotes in a cell: "device.class == ""mobile"""`
	}
	return fault
}

// expand gives the decisions the rules that the matrix stands for.
func (r *reader) expand(b *Bundle) {
	if r.matrix == nil {
		return
	}
	var names []string
	for _, d := range b.Decisions {
		names = append(names, d.Name.Value)
	}
	for i, slot := range r.matrix.slots {
		at := slices.Index(names, slot.Value)
		if at < 0 {
			hint := "a slot is a decision"
			if near, ok := Nearest(slot.Value, names); ok {
				hint = "did you mean " + near + "?"
			}
			r.add(Fault{Pos: slot.Pos, Length: slot.Length(), Message: fmt.Sprintf("no decision %q", slot.Value), Hint: hint})
			continue
		}
		d := &b.Decisions[at]
		for number, row := range r.matrix.rows {
			cell := row.cells[i]
			if !cell.Present() || !row.audience.Present() {
				continue
			}
			id := fmt.Sprintf("matrix.%d", number+1)
			for _, own := range d.Rules {
				if own.ID.Value == id {
					r.add(Fault{Pos: own.ID.Pos, Length: own.ID.Length(), Message: fmt.Sprintf("the matrix has a rule %s for decision %s already", id, d.Name.Value),
						Hint: "choose another id"})
				}
			}
			d.Rules = append(d.Rules, Rule{ID: Text{Value: id, Pos: cell.Pos}, When: row.audience, Serve: cell, Pos: cell.Pos})
		}
	}
}
