package compile

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/edgewise-dev/edgewise/bundles/source"
	"github.com/edgewise-dev/edgewise/core/format"
)

// keptHeaders are headers that a decision may not set: they belong to the connection, to the visitor, or to the engine.
var keptHeaders = []string{"host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer", "transfer-encoding",
	"upgrade", "content-length", "content-type", "cookie", "authorization", "expect", "forwarded", "x-forwarded-for", "x-forwarded-host"}

// checkAct checks what an acting decision would do with each of its variants.
func (c *compiler) checkAct(d *source.Decision) {
	if d.Act.Kind == source.NoAct {
		return
	}
	if name := strings.ToLower(d.Act.Header.Value); d.Act.Kind == source.Header && (slices.Contains(keptHeaders, name) || strings.HasPrefix(name, "edgewise-")) {
		c.fault(d.Act.Header, fmt.Sprintf("header %s is not for decisions to set", d.Act.Header.Value), "choose a name of your own, such as X-Variant")
	}
	for _, v := range d.Variants {
		if v.Kind == source.Null {
			continue
		}
		at := source.Fault{Pos: v.Pos}
		if at.Message, at.Hint = c.actFault(d, v); at.Message != "" {
			at.Message = fmt.Sprintf("variant %s of %s %s", v.Name.Value, d.Name.Value, at.Message)
			c.add(at)
		}
	}
}

// actFault says what is wrong with a variant's value as what the decision does with it; "" where nothing is.
func (c *compiler) actFault(d *source.Decision, v source.Variant) (message, hint string) {
	value := stringOf(v)
	if d.Act.Kind == source.Header {
		switch {
		case v.Kind == source.Bool || v.Kind == source.Number:
			return "", ""
		case v.Kind != source.String:
			return "cannot be a header's value", "write text, a number, true, false or null"
		case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) || strings.TrimSpace(value) != value:
			return "holds what a header cannot", "use printable ASCII, without blanks around it"
		}
		return "", ""
	}
	if v.Kind != source.String {
		return "must be text, or null to do nothing", ""
	}
	switch d.Act.Kind {
	case source.Backend:
		var names []string
		for _, b := range c.src.Backends {
			names = append(names, b.Value)
		}
		if !slices.Contains(names, value) {
			return fmt.Sprintf("names no backend: %q", value), orElse(didYouMean(value, names), "list it under backends")
		}
	case source.Rewrite:
		if reason := badPath(value); reason != "" {
			return fmt.Sprintf("is no path of this site: %s", reason), "write it from / on: /landing/sale"
		}
	case source.Redirect:
		if strings.HasPrefix(value, "/") {
			if reason := badPath(value); reason != "" {
				return fmt.Sprintf("is no path of this site: %s", reason), "write it from / on: /landing/sale"
			}
			return "", ""
		}
		return c.badURL(value)
	}
	return "", ""
}

// badURL says what is wrong with the address of another host.
func (c *compiler) badURL(value string) (message, hint string) {
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Port() != "" || badCharacter(value) != "":
		return "is neither a path of this site nor an address", "write /landing/sale, or https://HOST/PATH with the host listed under hosts"
	case !slices.ContainsFunc(c.src.Hosts, func(h source.Text) bool { return h.Value == strings.ToLower(u.Hostname()) }):
		return fmt.Sprintf("leads to %s, which is not listed", u.Hostname()), "list it under hosts if visitors may be sent there"
	}
	if path := value[strings.Index(value, "//")+len("//")+len(u.Host):]; path != "" {
		if reason := badPath("/" + strings.TrimPrefix(path, "/")); reason != "" {
			return fmt.Sprintf("is no address to lead to: %s", reason), "write https://HOST/PATH"
		}
	}
	return "", ""
}

// badPath says why a text cannot stand for a path of the same site, with or without a query. Browsers and servers read // and backslashes as
// another host, and dots as another path than the one that was checked.
func badPath(value string) string {
	path, _, _ := strings.Cut(value, "?")
	decoded, err := url.PathUnescape(path)
	switch {
	case !strings.HasPrefix(value, "/"):
		return "it does not begin with /"
	case strings.HasPrefix(value, "//"):
		return "it begins with //, which is another host"
	case strings.Contains(value, "#"):
		return "it has a fragment"
	case err != nil:
		return "it has a % that is no escape"
	case strings.Contains(decoded, `\`) || strings.HasPrefix(decoded, "//"):
		return "it has a backslash or a second / at its beginning"
	case strings.ContainsFunc(decoded, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "it has a control character"
	}
	for _, part := range strings.Split(decoded, "/") {
		if part, _, _ = strings.Cut(part, ";"); part == "." || part == ".." { // servers cut parameters off
			return "it has a part of dots only"
		}
	}
	return badCharacter(value)
}

// badCharacter says which character cannot stand in an address.
func badCharacter(value string) string {
	for _, r := range value {
		if r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r) {
			return fmt.Sprintf("it holds %q, which must be escaped", r)
		}
	}
	return ""
}

// stringOf is the text of a variant that is one.
func stringOf(v source.Variant) string {
	if v.Kind != source.String {
		return ""
	}
	var value string
	if err := json.Unmarshal([]byte(v.JSON), &value); err != nil {
		return ""
	}
	return value
}

// checkActs sees that no two decisions of a route fight over where the request goes, or over a header.
func (c *compiler) checkActs(r *source.Route, decisions []*source.Decision) {
	first := ""
	headers := map[string]string{}
	for _, d := range decisions {
		switch d.Act.Kind {
		case source.Header:
			name := strings.ToLower(d.Act.Header.Value)
			if other := headers[name]; other != "" {
				c.warn(r.Path, fmt.Sprintf("%s and %s both set header %s on %s: where both do, the last by name counts", other, d.Name.Value, d.Act.Header.Value, r.Path.Value), "decide one of them on this route")
			}
			headers[name] = d.Name.Value
		case source.Rewrite, source.Redirect, source.Backend:
			if first != "" {
				c.fault(r.Path, fmt.Sprintf("%s and %s both say where %s goes", first, d.Name.Value, r.Path.Value), "decide one of them on this route")
				return
			}
			first = d.Name.Value
		}
	}
	if len(headers) > format.MaxHeaderActs {
		c.fault(r.Path, fmt.Sprintf("the decisions of %s set %d headers, the limit is %d", r.Path.Value, len(headers), format.MaxHeaderActs), "let one header say several things")
	}
}
