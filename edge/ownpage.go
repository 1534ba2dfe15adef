package edge

const (
	pageHead = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>What this site chooses for you</title>
<style>
:root{color-scheme:light dark}
body{font:1.1em/1.5 system-ui,sans-serif;max-width:40em;margin:2em auto;padding:0 1em}
button{font:inherit;padding:.5em 1em}
</style>
<main>
<h1>What this site chooses for you</h1>
`
	pageOff = "<p>Nothing is chosen for you: you switched that off.</p>\n" +
		`<form method="post"><button name="personalization" value="on">Switch it on again</button></form>` + "\n"
	pageOn      = "<p>Some parts of this site's pages are chosen for you.</p>\n"
	pageNothing = "<p>Nothing is chosen for you at present: what you consented to does not allow it.</p>\n"
	pageButton  = `<form method="post"><button name="personalization" value="off">Switch it off</button></form>` + "\n"
)

// putPage writes the page that says in words what is chosen for the visitor.
func (x *Exchange) putPage() {
	b := x.bundle
	chosen := false
	for i := range b.Decisions {
		d := &b.Decisions[i]
		chosen = chosen || x.isPersonal(d) && d.Purposes&^x.granted == 0
	}
	x.put(pageHead)
	switch {
	case x.personalization() != "on":
		x.put(pageOff)
	case chosen:
		x.put(pageOn)
		x.put(pageButton)
	default:
		x.put(pageNothing)
		x.put(pageButton)
	}
	x.put("<h2>What it is for, and what you allowed</h2>\n<dl>\n")
	for p := 1; p < len(b.Purposes); p++ {
		e := &x.plan.Consent[p]
		x.putText("<dt>", b.String(b.Purposes[p].Name))
		if e.Granted() {
			x.put(": allowed\n")
		} else {
			x.put(": not allowed\n")
		}
		x.putText("<dd>", view(e.AppendBecause(nil, &b.Bundle, p, x.plan.jurisdiction)))
		x.put("\n")
	}
	x.put("</dl>\n<h2>What is chosen</h2>\n<ul>\n")
	for i := range b.Decisions {
		d := &b.Decisions[i]
		if !x.isPersonal(d) {
			continue
		}
		x.putText("<li>", b.String(d.Name))
		x.put(", for")
		for p := range b.Purposes {
			if d.Purposes>>p&1 != 0 {
				x.putText(" ", b.String(b.Purposes[p].Name))
			}
		}
		if d.Purposes&^x.granted == 0 {
			x.put(": chosen for you\n")
		} else {
			x.put(": the same for everybody who did not allow it\n")
		}
	}
	x.put("</ul>\n<h2>What it may depend on, where you allowed it</h2>\n<ul>\n")
	for i := range b.Attributes {
		if a := &b.Attributes[i]; a.Purpose > 0 {
			x.putText("<li>", b.String(a.Name))
			x.putText(", for ", b.String(b.Purposes[a.Purpose].Name))
			x.put("\n")
		}
	}
	x.put("</ul>\n</main>\n")
}

// putText writes text in HTML, behind a tag.
//
//go:noinline
func (x *Exchange) putText(tag, s string) {
	x.put(tag)
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '<':
			x.put("&lt;")
		case '&':
			x.put("&amp;")
		default:
			x.put(s[i : i+1])
		}
	}
}
