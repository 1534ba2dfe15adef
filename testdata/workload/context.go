package workload

import (
	"encoding/json"
	"fmt"
	"time"
)

// Context is a request. Every attribute is always present; what is not set is "".
type Context struct {
	VisitorID      string  `json:"visitor_id" expr:"visitor_id"`
	Country        string  `json:"country" expr:"country"`
	Region         string  `json:"region" expr:"region"`
	City           string  `json:"city" expr:"city"`
	Device         string  `json:"device" expr:"device"`
	OS             string  `json:"os" expr:"os"`
	Browser        string  `json:"browser" expr:"browser"`
	Language       string  `json:"language" expr:"language"`
	AppVersion     string  `json:"app_version" expr:"app_version"`
	Host           string  `json:"host" expr:"host"`
	Path           string  `json:"path" expr:"path"`
	Referrer       string  `json:"referrer" expr:"referrer"`
	UserAgent      string  `json:"user_agent" expr:"user_agent"`
	AcceptLanguage string  `json:"accept_language" expr:"accept_language"`
	Timezone       string  `json:"timezone" expr:"timezone"`
	IP             string  `json:"ip" expr:"ip"`
	ASN            string  `json:"asn" expr:"asn"`
	Query          Query   `json:"query" expr:"query"`
	Cookies        Cookies `json:"cookies" expr:"cookies"`
	Session        Session `json:"session" expr:"session"`
	Consent        Consent `json:"consent" expr:"consent"`
	Now            int64   `json:"now" expr:"now"` // seconds since 1970
}

// Query is what a request's URL says.
type Query struct {
	Source   string `json:"utm_source" expr:"utm_source"`
	Medium   string `json:"utm_medium" expr:"utm_medium"`
	Campaign string `json:"utm_campaign" expr:"utm_campaign"`
	ClickID  string `json:"gclid" expr:"gclid"`
}

// Cookies is what the browser sent.
type Cookies struct {
	Segment string `json:"seg" expr:"seg"`
	Test    string `json:"ab" expr:"ab"`
	Theme   string `json:"theme" expr:"theme"`
	Session string `json:"sid" expr:"sid"`
}

// Session is what the visitor did until now.
type Session struct {
	Visits    float64 `json:"visits" expr:"visits"`
	CartValue float64 `json:"cart_value" expr:"cart_value"`
	Pages     float64 `json:"pages" expr:"pages"`
	Seconds   float64 `json:"duration_s" expr:"duration_s"`
	LoggedIn  bool    `json:"logged_in" expr:"logged_in"`
	Returning bool    `json:"returning" expr:"returning"`
}

// Consent is what the visitor agreed to.
type Consent struct {
	Analytics       bool `json:"analytics" expr:"analytics"`
	Marketing       bool `json:"marketing" expr:"marketing"`
	Personalization bool `json:"personalization" expr:"personalization"`
}

// Attribute is one that rules may read.
type Attribute struct {
	Name  string // in rules
	Field string // of Context, in Go
	Type  string // in CEL; of now the type is timestamp, and a Context has its seconds
	read  func(*Context) any
}

// Attributes are those that rules may read.
var Attributes = []Attribute{
	{"visitor_id", "VisitorID", "string", func(c *Context) any { return c.VisitorID }},
	{"country", "Country", "string", func(c *Context) any { return c.Country }},
	{"device", "Device", "string", func(c *Context) any { return c.Device }},
	{"os", "OS", "string", func(c *Context) any { return c.OS }},
	{"browser", "Browser", "string", func(c *Context) any { return c.Browser }},
	{"language", "Language", "string", func(c *Context) any { return c.Language }},
	{"app_version", "AppVersion", "string", func(c *Context) any { return c.AppVersion }},
	{"path", "Path", "string", func(c *Context) any { return c.Path }},
	{"query.utm_source", "Query.Source", "string", func(c *Context) any { return c.Query.Source }},
	{"query.utm_campaign", "Query.Campaign", "string", func(c *Context) any { return c.Query.Campaign }},
	{"cookies.seg", "Cookies.Segment", "string", func(c *Context) any { return c.Cookies.Segment }},
	{"cookies.ab", "Cookies.Test", "string", func(c *Context) any { return c.Cookies.Test }},
	{"session.visits", "Session.Visits", "double", func(c *Context) any { return c.Session.Visits }},
	{"session.cart_value", "Session.CartValue", "double", func(c *Context) any { return c.Session.CartValue }},
	{"session.pages", "Session.Pages", "double", func(c *Context) any { return c.Session.Pages }},
	{"session.logged_in", "Session.LoggedIn", "bool", func(c *Context) any { return c.Session.LoggedIn }},
	{"consent.marketing", "Consent.Marketing", "bool", func(c *Context) any { return c.Consent.Marketing }},
	{"now", "Now", "timestamp", func(c *Context) any { return c.Now }},
}

// Find gives the attribute of a name. It panics where there is none: that is a mistake in the data of a test.
func Find(name string) *Attribute {
	for i := range Attributes {
		if Attributes[i].Name == name {
			return &Attributes[i]
		}
	}
	panic(fmt.Sprintf("workload: no attribute %q", name))
}

// Value is the value of an attribute.
func (c *Context) Value(attribute string) any { return Find(attribute).read(c) }

// Line is the context as a line of `edgewise decide`, whose visitor consented to the purpose Granted.
func (c *Context) Line() []byte {
	line := struct {
		Context any                 `json:"context"`
		Consent map[string][]string `json:"consent"`
		Now     time.Time           `json:"now"`
	}{
		Context: struct {
			*Context
			Now any `json:"now,omitempty"` // it stands beside the context
		}{Context: c},
		Consent: map[string][]string{"granted": {Granted}},
		Now:     time.Unix(c.Now, 0).UTC(),
	}
	text, err := json.Marshal(line)
	if err != nil {
		panic(err) // none of these types has an error
	}
	return text
}
