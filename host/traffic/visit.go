package traffic

import (
	"fmt"
	"strings"
	"time"
)

// visitor is one person on one device during one visit.
type visitor struct {
	who       agent
	where     place
	client    string
	languages string
	saveData  bool
	effective string // ECT, where the browser sends it

	cookies  bool   // the browser keeps them
	session  string // "" before the first answer
	consent  string // the purposes agreed to, "" without an answer or with none
	answers  string // what the visitor will answer
	asked    int    // pages until the question is answered
	cart     int    // cents
	at       time.Time
	referrer string
}

// answers to the question for consent; the empty ones are a no.
var answers = []string{
	"personalization,analytics", "personalization,analytics", "personalization,analytics", "personalization,analytics",
	"personalization", "analytics", "", "", "",
}

// visit is a person who comes from somewhere and looks at a few pages.
func (d *day) visit() {
	from := pick(d, origins)
	v := visitor{
		who: pick(d, browsers), where: pick(d, places), client: d.address(), at: d.moment(), referrer: from.referrer,
		cookies: !d.chance(8), answers: d.one(answers), asked: 1 + d.rng.IntN(3),
	}
	v.languages = d.one(v.where.languages)
	if len(v.who.hints) > 0 && v.who.hints[1][1] == "?1" { // only Chromium on telephones sends these
		v.saveData = d.chance(12)
		if d.chance(30) {
			v.effective = d.one([]string{"4g", "4g", "4g", "3g", "2g"})
		}
	}
	if d.chance(35) { // was here before
		v.session, v.asked = d.sessionID(), 0
		if d.chance(25) {
			v.cart = prices[d.rng.IntN(len(prices))]
		}
	}
	page := d.one(from.landings)
	for range 1 + d.rng.IntN(9) {
		if v.load(d, "GET", page) != nil {
			return
		}
		page = v.next(d, page)
	}
}

// load asks for a page and reads it for a while.
func (v *visitor) load(d *day, method, page string) error {
	if v.asked == 0 {
		v.consent = v.answers
	}
	v.asked--
	err := d.add(line{at: v.at, Method: method, URL: page, Headers: v.headers(), Client: v.client, Geo: v.where.geo})
	if v.session == "" {
		v.session = d.sessionID()
	}
	v.at = v.at.Add(d.seconds(4, 150))
	v.referrer = "https://shop.example" + page
	return err
}

// next is the page after this one; on the way something may go into the cart.
func (v *visitor) next(d *day, page string) string {
	path, _, _ := strings.Cut(page, "?")
	switch {
	case strings.HasPrefix(path, "/checkout/address"):
		return "/checkout/payment"
	case strings.HasPrefix(path, "/checkout/payment"):
		if v.load(d, "POST", "/checkout/order") == nil {
			v.cart = 0
		}
		return "/checkout/thanks"
	case path == "/shop/cart":
		if d.chance(55) {
			return "/checkout/address"
		}
		return d.one(categories)
	case strings.HasPrefix(path, "/shop/") && !strings.HasSuffix(path, "/"): // a product
		if d.chance(35) && v.load(d, "POST", "/shop/cart") == nil {
			v.cart += prices[d.rng.IntN(len(prices))]
			return "/shop/cart"
		}
		return d.one([]string{d.one(products), d.one(categories), "/search?q=" + d.one(searches)})
	case strings.HasPrefix(path, "/shop/"), path == "/search":
		return d.one([]string{d.one(products), d.one(products), d.one(products), "/search?q=" + d.one(searches) + "&page=2"})
	case strings.HasPrefix(path, "/news/"):
		return d.one([]string{d.one(articles), d.one(articles), "/", d.one(categories)})
	}
	return d.one([]string{d.one(categories), d.one(categories), "/search?q=" + d.one(searches), d.one(products), "/news/", d.one(articles)})
}

// headers are those that the browser sends with the next request.
func (v *visitor) headers() [][2]string {
	all := [][2]string{
		{"Host", "shop.example"},
		{"User-Agent", v.who.userAgent},
		{"Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		{"Accept-Language", v.languages},
		{"Accept-Encoding", "gzip, deflate, br"},
	}
	all = append(all, v.who.hints...)
	if v.referrer != "" {
		all = append(all, [2]string{"Referer", v.referrer})
	}
	if v.saveData {
		all = append(all, [2]string{"Save-Data", "on"})
	}
	if v.effective != "" {
		all = append(all, [2]string{"ECT", v.effective})
	}
	if cookie := v.cookie(); cookie != "" {
		all = append(all, [2]string{"Cookie", cookie})
	}
	return all
}

// cookie is the Cookie header, empty without one.
func (v *visitor) cookie() string {
	if !v.cookies {
		return ""
	}
	var all []string
	if v.session != "" {
		all = append(all, "demo-session="+v.session)
	}
	if v.consent != "" {
		all = append(all, "demo-consent="+v.consent)
	}
	if v.cart > 0 {
		all = append(all, fmt.Sprintf("cart=%d.%02d", v.cart/100, v.cart%100))
	}
	return strings.Join(all, "; ")
}

func (d *day) sessionID() string { return fmt.Sprintf("%016x", d.rng.Uint64()) }
