package main

// The lists kept here, because no published one sorts user agents this way. The
// values are those of edge/device, by position.

var (
	browserNames = []string{"other", "chrome", "safari", "firefox", "edge", "ie", "opera", "samsung"}
	osNames      = []string{"other", "windows", "macos", "ios", "android", "linux", "chromeos"}
	signNames    = []string{"tv", "tablet", "phone", "handheld", "mobile", "screen", "intel"}
)

// own is a row of these lists: a token, or several joined with |, and the name it
// speaks for. before is the text of the uap-core entry that it stands in for.
type own struct {
	texts  string
	name   string
	before string
	left   cond
	right  cond
}

// ownBrowsers says where each of the seven browsers stands among uap-core's
// entries: the first entry that matches decides, so a token of another browser
// that comes earlier wins ("Chrome/ Safari/" is no Safari, "OPR/ Chrome/" no Chrome).
var ownBrowsers = []own{
	{texts: `CFNetwork/`, name: "other", before: `^(.{0,200})/(\d+)(?:\.(\d+)|)(?:\.(\d+)|)(?:\.(\d+)|) CFNetwork`},
	{texts: `[FBAN|[FB_IAB|;FBAV/`, name: "other", before: `\[FB.{0,300};`},
	{texts: `Instagram |Flipboard|Onefootball/`, name: "other", before: `Mozilla.{1,200}Mobile.{1,100}(Instagram).(\d+)\.(\d+)\.(\d+)`},
	{texts: `PaleMoon/|Goanna/|Basilisk/`, name: "other", before: `(Firefox)/(\d+)\.(\d+) Basilisk/(\d+)`},
	{texts: `Fennec/|Mobile; rv:|Tablet; rv:|Namoroka/|Shiretoko/|Minefield/`, name: "firefox", before: `(Fennec)/(\d+)\.(\d+)`},
	{texts: `FxiOS/|Focus/|Klar/`, name: "firefox", before: `(FxiOS)/(\d+)\.(\d+)(\.(\d+)|)(\.(\d+)|)`},
	{texts: `UC Browser|UCBrowser|UBrowser/|UCWEB`, name: "other", before: `(UC? ?Browser|UCWEB|U3)[ /]?(\d+)\.(\d+)\.(\d+)`},
	{texts: `Opera Tablet|Opera Mini|Opera Mobi|Opera/|OPR/|OPRGX/|OPiOS/|OPT/|OPX/|Coast/`, name: "opera", before: `(Opera Mini)(?:/att|)/?(\d+|)(?:\.(\d+)|)(?:\.(\d+)|)`},
	{texts: `Swiftfox)`, name: "other", before: `(Firefox)/(\d+)\.(\d+)\.(\d+(?:pre|)) \(Swiftfox\)`},
	{texts: `chromeframe`, name: "ie", before: `(chromeframe)/(\d+)\.(\d+)\.(\d+)`},
	{texts: `EdgiOS/|EdgA/`, name: "edge", before: `(EdgiOS|EdgA)/(\d+)\.(\d+)\.(\d+)(?:\.(\d+)|)`},
	{texts: `SamsungBrowser/`, name: "samsung", before: `(SamsungBrowser)/(\d+)\.(\d+)`},
	{texts: `GSA/|DuckDuckGo/|Ddg/|PlayBook|BB10`, name: "other", before: `Mozilla.{1,200}Android.{1,200}(GSA)/(\d+)\.(\d+)\.(\d+)`},
	{texts: `MiuiBrowser/|HuaweiBrowser/|HeyTapBrowser/|VivoBrowser/|AlohaBrowser/|Ecosia`, name: "other", before: `(MiuiBrowser)/(\d+)\.(\d+)\.(\d+)`},
	{texts: `; wv)`, name: "chrome", before: `; wv\).{1,300}(Chrome)/(\d+)\.(\d+)\.(\d+)\.(\d+)`},
	{texts: `CriOS/|CrMo/`, name: "chrome", before: `(CriOS)/(\d+)\.(\d+)\.(\d+)\.(\d+)`},
	{texts: `Brave/|brave/|AOL `, name: "other", before: `(AOL) (\d+)\.(\d+); AOLBuild (\d+)`},
	{texts: `MRCHROME|Iron/|Iron Safari`, name: "other", before: `(Chrome)/(\d+)\.(\d+)\.(\d+).{0,100} MRCHROME`},
	{texts: `Edge/|Edg/`, name: "edge", before: `(Edge?)/(\d+)(?:\.(\d+)|)(?:\.(\d+)|)(?:\.(\d+)|)`},
	{texts: `Opera `, name: "opera", right: beforeDigit, before: `(HeadlessChrome)(?:/(\d+)\.(\d+)\.(\d+)|)`},
	{texts: `HeadlessChrome|Chrome/|Chromium/`, name: "chrome", before: `(Chromium|Chrome)/(\d+)\.(\d+)(?:\.(\d+)|)(?:\.(\d+)|)`},
	{texts: `IEMobile/|IEMobile `, name: "ie", right: beforeDigit, before: `(IEMobile)[ /](\d+)\.(\d+)`},
	{texts: `XBLWP7`, name: "ie", before: `(MSIE) (\d+)\.(\d+).{0,100}XBLWP7`},
	{texts: `iPhone|iPad|iPod`, name: "safari", before: `(iPod|iPod touch|iPhone|iPad)`},
	{texts: `Safari/`, name: "safari", right: beforeDigit, before: `(Safari)/\d+`},
	{texts: `Trident/`, name: "ie", before: `(Trident)/(7|8)\.(0)`},
	{texts: `Firefox/`, name: "firefox", right: beforeDigit, before: `(Firefox)/(\d+)\.(\d+)(?:\.(\d+)|$)`},
	{texts: `MSIE `, name: "ie", right: beforeDigit, before: `([MS]?IE) (\d+)\.(\d+)`},
}

// ownSystems are in order: the first that is found decides. Of the some 70 versions of
// Apple's network library that uap-core lists, two are a Mac's and name no processor.
var ownSystems = []own{
	{texts: `Windows Phone|Windows Mobile|XBLWP7`, name: "windows"},
	{texts: `HbbTV/`, name: "other"},
	{texts: `iPhone OS |iPhone+OS+|CPU OS |CPU iPhone`, name: "ios"},
	{texts: `Android|android `, name: "android"},
	{texts: `; Adr |Silk-Accelerated|Quest `, name: "android"},
	{texts: `CrOS |CitrixChromeApp`, name: "chromeos"},
	{texts: `Windows|WinNT|Win16|Win32|Win95|Win98|Win 9|Win 3|WinCE|Winphone`, name: "windows", left: atWord},
	{texts: `Tizen|Bada|webOS/|hpwOS/|Web0S|KAIOS/|KaiOS/|Sailfish|MeeGo|Maemo|WeTab|BREW|Brew MP|CrKey|GoogleTV|Roku/`, name: "other"},
	{texts: `CriOS/|FxiOS/|EdgiOS/|OPiOS/`, name: "ios"},
	{texts: `Apple TV|AppleTV|tvOS|watchOS`, name: "other"},
	{texts: `Mac OS X |Mac OS X/|Mac+OS+X+|; OS X |; OS X/`, name: "macos", right: beforeDigit},
	{texts: `Intel Mac OS X|PPC Mac OS X|Mac OS X Mach-O|Mac_PowerPC`, name: "macos"},
	{texts: `CFNetwork/720|CFNetwork/760`, name: "macos"},
	{texts: `iPhone|iPad|iPod|CFNetwork/`, name: "ios"},
	{texts: `iOS`, name: "ios", left: atWord, right: atWord},
	{texts: `Macintosh|macOS|apple-darwin|Mac OS`, name: "macos"},
	{texts: `Symbian|SymbOS|Series 60|Series60|Series40|BlackBerry|Blackberry|BB10|PlayBook|RIM Tablet|Kindle/`, name: "other"},
	{texts: `FreeBSD|OpenBSD|NetBSD|DragonFly|SunOS|Haiku|SerenityOS`, name: "other"},
	{texts: `Linux|linux|Ubuntu|Debian|Fedora|CentOS|SUSE|Mandriva|Gentoo|Red Hat|redhat|Slackware|Mageia`, name: "linux"},
}

// ownSigns are what gives a kind of device away; edge/device weighs them.
var ownSigns = []own{
	{texts: `SmartTV|Smart-TV|SMART-TV|Smart TV|GoogleTV|Google TV|Apple TV|AppleTV|tvOS|HbbTV|NetCast|BRAVIA|Bravia|Roku|CrKey|Viera|VIERA|DTV|Android TV|AndroidTV|Opera TV|MiTV|MiBOX|MIBOX|BeyondTV|SHIELD Android TV|Web0S|webOS.TV|WebTV|InettvBrowser|PhilipsTV|NETTV|Aquos|AQUOS|TV Safari|Chromecast|Xbox|XBOX|PlayStation|PLAYSTATION 3|Nintendo Wii|Tizen TV|LG Browser`, name: "tv"},
	{texts: ` TV `, name: "tv"},
	{texts: `AFT`, name: "tv", left: atWord, right: noneOf("er|ER")},
	{texts: `iPad|PlayBook|tablet|TouchPad|Touchpad|Kindle|Silk/|Silk-|Xoom|XOOM|Nexus 7|Nexus 9|Nexus 10|Pixel C|SM-T|SM-X|SM-P|GT-P|SCH-I800|Lenovo TAB|Lenovo Tab|Lenovo TB|IdeaTab|MediaPad|Transformer|Galaxy Tab|HUAWEI MatePad|Redmi Pad|Mi PAD|MI PAD|OPPO Pad|Fire HD`, name: "tablet"},
	{texts: `Tablet`, name: "tablet", right: noneOf(" PC")},
	{texts: `KF`, name: "tablet", left: atWord, right: noneOf(" |;|/|)|.|-|a")},
	{texts: `iPhone|iPod|Windows Phone|Windows Mobile|IEMobile|BlackBerry|Blackberry|BB10|Opera Mini|Opera Mobi|Symbian|SymbOS|Series60|Series40|Series 60|S60|Nokia|MIDP|UCWEB|J2ME|KAIOS|KaiOS|Fennec|Windows CE|WindowsCE|Palm|webOS/|Mobile;|Minimo|NetFront|BREW|Obigo|DoCoMo|SonyEricsson|SAMSUNG-S|SEC-S|LGE-|MOT-|Maemo|MeeGo|Bada|POLARIS|PPC;|Dolfin|WAP`, name: "phone"},
	{texts: `PlayStation Vita|PlayStation Portable|PLAYSTATION Portable|Nintendo 3DS|Nintendo DS|Nintendo Switch`, name: "handheld"},
	{texts: `Mobile|mobile`, name: "mobile"},
	{texts: `(x86_64|(i386|(Power Macintosh|(Power%20Macintosh`, name: "intel"},
	{texts: `X11|Wayland|WOW64|Win64|Windows NT|Macintosh|CrOS|Konqueror|FreeBSD|OpenBSD|NetBSD|SunOS|OS/2;|BeOS|AmigaOS`, name: "screen"},
}
