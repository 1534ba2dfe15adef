package edge

// mask is what may not be read of a request. The zero mask hides nothing.
type mask struct {
	sources    uint32 // a bit for each source of a standard attribute whose purpose is not granted
	parameters []parameter
	granted    uint32
}

// skips says whether the standard attribute of a source is masked.
func (m *mask) skips(s source) bool { return m.sources>>s&1 != 0 }

// hides says whether a query parameter or cookie feeds a masked attribute.
func (m *mask) hides(s source, name string) bool {
	for i := range m.parameters {
		if p := &m.parameters[i]; p.source == s && p.name == name && m.granted>>p.purpose&1 == 0 {
			return true
		}
	}
	return false
}

// hidesRaw is hides for a query parameter's name as it stands in the URL.
func (m *mask) hidesRaw(name string) bool {
	for i := range m.parameters {
		if p := &m.parameters[i]; p.source == fromQuery && m.granted>>p.purpose&1 == 0 && decodesTo(name, p.name) {
			return true
		}
	}
	return false
}
