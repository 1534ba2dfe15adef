package edge

import "github.com/edgewise-dev/edgewise/core/format"

// The paths under OwnPaths are the exchange's own: it answers them itself, also those that there are none of, and the origin never sees them.
//
//	GET  health                             which bundle decides, and how old it is
//	GET  v1/decisions?route=/shop/x         what was decided for a page: the one named, or the one that asks (Referer), or for all of them
//	GET  v1/preferences                     what is chosen for the visitor and why, as a page or as JSON
//	POST v1/preferences                     {"personalization":"off"|"on"}, as JSON or as a form: the visitor's own switch
//	POST ofrep/v1/evaluate/flags[/KEY]      the OpenFeature Remote Evaluation Protocol
//
// Answers are JSON unless they say otherwise. What a decision answers is shown only where its visibility is the page's.
type ownPath uint8

const (
	notOwn ownPath = iota
	noPath
	ownHealth
	ownPreferences
	ownDecisions
	ownFlags
	ownFlag
	ownPaths
)

// owns says of each own path how it is called and by which methods.
var owns = [ownPaths]struct {
	path  string
	allow string
}{
	ownHealth:      {"health", "GET, HEAD"},
	ownPreferences: {"v1/preferences", "GET, HEAD, POST"},
	ownDecisions:   {"v1/decisions", "GET, HEAD"},
	ownFlags:       {flagsPath, "POST"},
	ownFlag:        {flagsPath + "/", "POST"},
}

// flagsPath is where flags are asked for.
const flagsPath = "ofrep/v1/evaluate/flags"

// owning is an answer of the exchange's own.
type owning struct {
	own        ownPath // notOwn: the request is for the origin
	everything bool    // all decisions are asked for, whatever the route
	refused    uint16  // the status of an answer that says why there is none; 0: there is one
	why        string
	errorCode  string // OpenFeature's for that
	flag       string // the key of the one that is asked for
	chosen     string // the visitor's choice, in this request
}

// openOwn finds out which of the exchange's own paths is asked for.
func (x *Exchange) openOwn() {
	o := &x.owning
	*o = owning{}
	path, ok := ownPart(x.at.path)
	if !ok {
		return
	}
	o.own = noPath
	for i := range owns {
		if p := owns[i].path; p != "" && (path == p || ownPath(i) == ownFlag && hasPrefix(path, p)) {
			o.own = ownPath(i)
		}
	}
	switch {
	case o.own == noPath:
		x.refuse(404, "no such path")
	case !takes(x.visit.Method, owns[o.own].allow):
		x.refuse(405, "that is not asked for with this method")
		x.responseHeader("Allow", owns[o.own].allow)
	case o.own == ownFlag:
		o.flag, _ = x.scratch.unescape(path[len(owns[ownFlag].path):], false)
	}
}

// ownPart is what follows OwnPaths in a path, and whether the path is under it, however it is spelled: no server behind is to take it for its own.
func ownPart(path string) (rest string, ok bool) {
	i := 0
	for i < len(path) && (path[i] == '/' || path[i] == '\\') {
		i++
	}
	for at := 1; at < len(OwnPaths)-1; at++ {
		if i == len(path) {
			return "", false
		}
		var c byte
		if c, i = decodeAt(path, i, false); lower(c) != OwnPaths[at] {
			return "", false
		}
	}
	if i == len(path) {
		return "", true
	}
	c, next := decodeAt(path, i, false)
	return path[next:], c == '/' || c == '\\'
}

// takes says whether a method is in a list.
func takes(method, list string) bool {
	for list != "" {
		var one string
		if one, list, _ = cut(list, ','); trim(one) == method {
			return true
		}
	}
	return false
}

// findPage takes the page that asks for decisions for the place of the request: the one that the parameter route names, or the one that the browser comes from, if that
// is of this site. If there is neither, all decisions are asked for.
func (x *Exchange) findPage() {
	if x.own < ownDecisions || x.refused > 0 {
		return
	}
	x.everything = x.own >= ownFlags
	q := NewQuery(x.at.query)
	for q.Next() {
		if q.name == "route" {
			if page, ok := x.scratch.unescape(q.value, true); ok && sitePath(page) {
				x.at.path, x.at.query, _ = cut(page, '?')
				return
			}
		}
	}
	authority, path, query := SplitURL(x.headers.referrer)
	if _, own := ownPart(path); !own && authority != "" && equalFold(hostOf(authority, &x.scratch), x.host()) {
		x.at.path, x.at.query = path, query
		return
	}
	x.at.path, x.at.query, x.everything = "", "", true
}

// decideOwn answers what is asked for: one decision, or all, some at a time.
func (x *Exchange) decideOwn() {
	var asked [64]uint32
	if x.own == ownFlag {
		if i := x.bundle.FindDecision(x.flag); i >= 0 {
			asked[0] = uint32(i)
			x.answers = x.evaluator.Decide(x.context, asked[:1], x.answers)
		}
		return
	}
	for first := 0; first < len(x.bundle.Decisions); first += len(asked) {
		n := min(len(asked), len(x.bundle.Decisions)-first)
		for i := range n {
			asked[i] = uint32(first + i)
		}
		x.answers = x.evaluator.Decide(x.context, asked[:n], x.answers)
	}
}

// shown says whether the page may see what a decision answers. What is sensitive is not decided over what a browser tells.
func (x *Exchange) shown(decision uint32) bool {
	flags := x.bundle.Decisions[decision].Flags
	return flags&format.DecisionServer == 0 && (flags&format.DecisionSensitive == 0 || x.own == ownDecisions)
}

// hide leaves out what the page may not see.
func (x *Exchange) hide() {
	left := x.answers[:0]
	for i := range x.answers {
		if a := &x.answers[i]; x.shown(a.Decision) {
			left = append(left, *a)
		}
	}
	x.answers = left
}

// refuse answers with a status and why.
func (x *Exchange) refuse(status uint16, why string) { x.refused, x.why = status, why }

// answerOwn writes the answer.
func (x *Exchange) answerOwn() {
	p := &x.plan
	p.Action, p.Status, p.Origin, p.RequestHeaders = Answer, 200, Origin{}, nil
	p.Cache.NoStore = true
	x.responseHeader("Cache-Control", "no-store")
	if x.own == ownPreferences && x.visit.Method == "POST" && x.refused == 0 {
		x.switchPersonalization()
	}
	start := len(x.text)
	kind := "application/json"
	if x.refused > 0 {
		p.Status = int(x.refused)
	}
	switch j := (json{dst: x.text}); {
	case x.refused > 0:
		x.putRefusal(&j)
	case x.own == ownHealth:
		x.putHealth(&j)
	case x.own == ownDecisions:
		j.open('{')
		p.decisionsJSON(&j)
		p.consentJSON(&j)
		x.putBundle(&j)
		j.close('}')
		x.text = j.dst
	case x.own == ownPreferences:
		kind = x.putPreferences(&j)
	default:
		x.putFlags(&j)
	}
	p.Body = x.since(start)
	x.responseHeader("Content-Type", kind)
	x.responseHeader("X-Content-Type-Options", "nosniff")
	x.tagFlags()
}

// putRefusal says why there is no answer.
func (x *Exchange) putRefusal(j *json) {
	j.open('{')
	if x.own >= ownFlags {
		if x.own == ownFlag {
			j.text("key", x.flag)
		}
		if x.errorCode != "" {
			j.text("errorCode", x.errorCode)
		}
		j.text("errorDetails", x.why)
	} else {
		j.text("error", x.why)
	}
	j.close('}')
	x.text = j.dst
}

// putBundle says by which bundle it was decided.
func (x *Exchange) putBundle(j *json) {
	j.key("bundle")
	j.open('{')
	j.text("name", x.bundle.Name())
	j.uint("version", x.bundle.Validity().Version)
	j.close('}')
}

// putHealth writes which bundle decides, and for how long it is good.
func (x *Exchange) putHealth(j *json) {
	v, now := x.bundle.Validity(), x.visit.Seconds
	j.open('{')
	switch {
	case v.Expired(now):
		j.text("status", "expired")
	case v.Stale(now):
		j.text("status", "stale")
	default:
		j.text("status", "fresh")
	}
	x.putBundle(j)
	x.putAge(j)
	if v.FreshUntil > 0 {
		j.int("fresh_for", v.FreshUntil-now)
	}
	if v.Expires > 0 {
		j.int("expires_in", v.Expires-now)
	}
	j.close('}')
	x.text = j.dst
}
