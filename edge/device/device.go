// Package device tells from a request's User-Agent header, and from its User-Agent
// Client Hints where it sends them, what kind of device, operating system and browser
// made the request and whether it is a robot.
//
// [Classify] is the one function. It reads the header once, from left to right, against
// one table of some 650 short texts (tables.go) that a script draws from published
// lists of robots and browsers; scripts/devicetables says which and how to renew them.
// The time is linear in the header's length, of which the first [MaxUserAgent] bytes
// count, and nothing is allocated.
//
// What a visitor's software says of itself is a claim, not a proof: good enough to choose
// a layout, not to keep anybody out.
package device

// MaxUserAgent is how many bytes of a User-Agent are read. Real ones rarely pass 300; the
// few longer ones repeat themselves.
const MaxUserAgent = 1024

// Class is the kind of a device, by how it is held and looked at.
type Class uint8

// The classes. A game console is a TV, one with its own screen is Mobile; a program
// without a screen, such as most robots, is OtherClass.
const (
	OtherClass Class = iota
	Mobile
	Tablet
	Desktop
	TV
)

// OS is the operating system of a device.
type OS uint8

// The operating systems. Windows on telephones is Windows, iPadOS is IOS; the systems
// of televisions and watches, and the BSDs, are OtherOS.
const (
	OtherOS OS = iota
	Windows
	MacOS
	IOS
	Android
	Linux
	ChromeOS
)

// Browser is the browser that made the request, by the name people know it by: Edge is
// not Chrome although it is built from the same parts, Chrome on an iPhone is not Safari.
type Browser uint8

// The browsers. Every other one, and the views inside apps that name their app, are
// OtherBrowser.
const (
	OtherBrowser Browser = iota
	Chrome
	Safari
	Firefox
	Edge
	IE
	Opera
	Samsung
)

// The words for the values above, by number.
var (
	Classes  = [...]string{"other", "mobile", "tablet", "desktop", "tv"}
	Systems  = [...]string{"other", "windows", "macos", "ios", "android", "linux", "chromeos"}
	Browsers = [...]string{"other", "chrome", "safari", "firefox", "edge", "ie", "opera", "samsung"}
)

// String is the class's word in Classes; "other" for a number outside.
func (c Class) String() string { return word(Classes[:], uint8(c)) }

// String is the system's word in Systems; "other" for a number outside.
func (o OS) String() string { return word(Systems[:], uint8(o)) }

// String is the browser's word in Browsers; "other" for a number outside.
func (b Browser) String() string { return word(Browsers[:], uint8(b)) }

func word(words []string, n uint8) string {
	if int(n) >= len(words) {
		n = 0
	}
	return words[n]
}

// Device is what a request says of the device that sent it.
type Device struct {
	Class   Class
	OS      OS
	Browser Browser
	Bot     bool // a robot: crawler, preview, monitor, feed reader, script
}

// Classify reads a User-Agent header and the client hints beside it. Text that says
// nothing known gives OtherClass, OtherOS and OtherBrowser; what a hint says well-formed
// goes before what the User-Agent says, in which browsers have frozen much at old values.
// No hint makes a robot less of one.
func Classify(userAgent string, hints Hints) Device {
	whole := len(userAgent) <= MaxUserAgent
	if !whole {
		userAgent = userAgent[:MaxUserAgent]
	}
	f := scan(userAgent, whole)
	f.browserLike = hasPrefix(userAgent, "Mozilla/")
	d := Device{OS: f.os, Browser: f.browser, Bot: f.bot || shape(userAgent, whole)}
	if d.OS == IOS && f.has(intelSign) {
		d.OS = MacOS // apps on a Mac name the same network library as on an iPhone, and the processor
	}
	mobile := hints.refine(&d)
	d.Class = f.class(d, mobile)
	return d
}

// class weighs the signs of a device's kind, surest first; mobile is what the client
// hint says of it.
func (f *findings) class(d Device, mobile tristate) Class {
	switch {
	case f.has(handheldSign):
		return Mobile
	case f.has(tvSign):
		return TV
	case f.has(tabletSign) && d.OS != ChromeOS:
		return Tablet
	case f.has(phoneSign), mobile == yes:
		return Mobile
	case d.OS == Android && (mobile == no || f.browserLike && !f.has(mobileWord)):
		return Tablet // Android's own rule for browsers: telephones say Mobile, tablets do not
	case d.OS == IOS && f.has(screenSign):
		return Tablet // a browser on iOS that claims to be on a Mac, as on an iPad
	case d.OS == Android, d.OS == IOS:
		return Mobile
	case d.OS == Windows, d.OS == MacOS, d.OS == ChromeOS:
		return Desktop
	case f.has(mobileWord):
		return Mobile
	case f.has(screenSign), d.OS == Linux && !d.Bot:
		return Desktop
	}
	return OtherClass
}
