package device

import "github.com/edgewise-dev/edgewise/edge/sfv"

// Hints are the User-Agent Client Hints that browsers send unasked, as they stand in the
// request; empty where absent. A hint that is no structured field is ignored.
type Hints struct {
	Brands   string // Sec-CH-UA
	Mobile   string // Sec-CH-UA-Mobile
	Platform string // Sec-CH-UA-Platform
}

// tristate is an answer that may be missing.
type tristate uint8

const (
	unknown tristate = iota
	no
	yes
)

// platforms are the values of Sec-CH-UA-Platform.
var platforms = [...]struct {
	name string
	os   OS
}{
	{"Android", Android}, {"Chrome OS", ChromeOS}, {"Chromium OS", ChromeOS}, {"iOS", IOS},
	{"Linux", Linux}, {"macOS", MacOS}, {"Windows", Windows}, {"Fuchsia", OtherOS},
}

// brands are the names in Sec-CH-UA that decide. "Chromium" is every such browser's second
// name, and the name with "Not" and "Brand" in it changes so that nobody relies on it.
var brands = [...]struct {
	name    string
	browser Browser
}{
	{"Google Chrome", Chrome}, {"Microsoft Edge", Edge}, {"Microsoft Edge WebView2", Edge}, {"Opera", Opera},
	{"Opera GX", Opera}, {"Opera Mobile", Opera}, {"OperaMobile", Opera}, {"Opera Mini", Opera},
	{"Samsung Internet", Samsung}, {"Android WebView", Chrome}, {"HeadlessChrome", Chrome},
}

// refine puts what the hints say into d and returns whether they call the device mobile.
func (h Hints) refine(d *Device) tristate {
	if h.Platform != "" {
		if item, err := sfv.ParseItem(h.Platform); err == nil && item.Kind == sfv.String {
			for i := range platforms {
				if item.Raw == platforms[i].name {
					d.OS = platforms[i].os
				}
			}
		}
	}
	h.refineBrowser(d)
	if h.Mobile != "" {
		if item, err := sfv.ParseItem(h.Mobile); err == nil {
			if mobile, ok := item.Bool(); ok && mobile {
				return yes
			} else if ok {
				return no
			}
		}
	}
	return unknown
}

// refineBrowser reads the brand list: a brand that is known decides, else one that is
// not, else Chromium.
func (h Hints) refineBrowser(d *Device) {
	if h.Brands == "" {
		return
	}
	var known, chromium, stranger, headless bool
	found := d.Browser
	list := sfv.NewList(h.Brands)
	for list.Next() {
		brand := list.Member()
		if brand.Kind != sfv.String {
			continue
		}
		if browser, ok := brandOf(brand.Raw); ok {
			if !known {
				known, found = true, browser
			}
			headless = headless || brand.Raw == "HeadlessChrome"
			continue
		}
		if brand.Raw == "Chromium" {
			chromium = true
		} else if !isGrease(brand.Raw) {
			stranger = true
		}
	}
	if list.Err() != nil {
		return
	}
	switch {
	case known:
	case stranger:
		found = OtherBrowser
	case chromium && found != Edge && found != Opera && found != Samsung && found != OtherBrowser:
		found = Chrome
	}
	d.Browser, d.Bot = found, d.Bot || headless
}

func brandOf(name string) (Browser, bool) {
	for i := range brands {
		if brands[i].name == name {
			return brands[i].browser, true
		}
	}
	return OtherBrowser, false
}

// isGrease reports whether a brand is the made-up one, such as "Not/A)Brand".
func isGrease(name string) bool { return contains(name, "Not") && contains(name, "Brand") }

func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}
