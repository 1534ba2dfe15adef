package traffic

import (
	"fmt"
	"strings"
)

// agent is a browser or a crawler.
type agent struct {
	weight    int
	userAgent string
	hints     [][2]string
}

func (a agent) share() int { return a.weight }

// chromiumHints are the client hints that browsers built on Chromium send.
func chromiumHints(brand, mobile, platform string) [][2]string {
	return [][2]string{
		{"Sec-CH-UA", `"Not/A)Brand";v="8", "Chromium";v="126", "` + brand + `";v="126"`},
		{"Sec-CH-UA-Mobile", mobile},
		{"Sec-CH-UA-Platform", `"` + platform + `"`},
	}
}

const (
	webkit   = "AppleWebKit/537.36 (KHTML, like Gecko) "
	chromium = webkit + "Chrome/126.0.0.0 "
	apple    = "AppleWebKit/605.1.15 (KHTML, like Gecko) "
)

var browsers = []agent{
	{26, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) " + apple + "Version/17.5 Mobile/15E148 Safari/604.1", nil},
	{24, "Mozilla/5.0 (Linux; Android 10; K) " + chromium + "Mobile Safari/537.36", chromiumHints("Google Chrome", "?1", "Android")},
	{20, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chromium + "Safari/537.36", chromiumHints("Google Chrome", "?0", "Windows")},
	{7, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chromium + "Safari/537.36 Edg/126.0.0.0", chromiumHints("Microsoft Edge", "?0", "Windows")},
	{6, "Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) " + webkit + "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", chromiumHints("Samsung Internet", "?1", "Android")},
	{6, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + apple + "Version/17.5 Safari/605.1.15", nil},
	{5, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) " + chromium + "Safari/537.36", chromiumHints("Google Chrome", "?0", "macOS")},
	{5, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", nil},
	{3, "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", nil},
	{4, "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) " + apple + "Version/16.6 Mobile/15E148 Safari/604.1", nil},
	{3, "Mozilla/5.0 (Linux; Android 13; SM-X700) " + chromium + "Safari/537.36", chromiumHints("Google Chrome", "?0", "Android")},
	{2, "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) " + chromium + "Safari/537.36", chromiumHints("Google Chrome", "?0", "Chrome OS")},
	{2, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) " + chromium + "Safari/537.36 OPR/111.0.0.0", chromiumHints("Opera", "?0", "Windows")},
	{2, "Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) " + webkit + "76.0.3809.146/6.0 TV Safari/537.36", nil},
	{1, "Mozilla/5.0 (Web0S; Linux/SmartTV) " + webkit + "Chrome/94.0.4606.128 Safari/537.36 WebAppManager", nil},
}

var crawlers = []agent{
	{10, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", nil},
	{6, "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) " + chromium + "Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", nil},
	{6, "Mozilla/5.0 " + webkit[:len(webkit)-2] + "; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36", nil},
	{5, "Mozilla/5.0 " + webkit[:len(webkit)-2] + "; compatible; GPTBot/1.2; +https://openai.com/gptbot)", nil},
	{4, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)", nil},
	{3, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", nil},
	{4, "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", nil},
	{2, "curl/8.5.0", nil},
	{2, "Feedly/1.0 (+http://www.feedly.com/fetcher.html; like FeedFetcher-Google)", nil},
}

// place is where a visitor is, and the languages spoken there.
type place struct {
	weight    int
	geo       *geo
	languages []string
}

func (p place) share() int { return p.weight }

var places = []place{
	{30, &geo{"DE", "Hamburg", "EU", "Europe/Berlin"}, []string{"de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", "de", "de-DE,de;q=0.9", "tr-TR,tr;q=0.9,de;q=0.8"}},
	{12, &geo{"DE", "Munich", "EU", "Europe/Berlin"}, []string{"de-DE,de;q=0.9,en;q=0.5", "en-GB,en;q=0.9,de;q=0.6"}},
	{8, &geo{"AT", "Vienna", "EU", "Europe/Vienna"}, []string{"de-AT,de;q=0.9,en;q=0.8"}},
	{6, &geo{"CH", "Zurich", "EU", "Europe/Zurich"}, []string{"de-CH,de;q=0.9,fr;q=0.7", "fr-CH,fr;q=0.9,de;q=0.5"}},
	{12, &geo{"FR", "Lyon", "EU", "Europe/Paris"}, []string{"fr-FR,fr;q=0.9,en;q=0.6", "fr"}},
	{12, &geo{"GB", "Leeds", "EU", "Europe/London"}, []string{"en-GB,en;q=0.9", "en-GB,en-US;q=0.9,en;q=0.8"}},
	{10, &geo{"US", "Denver", "NA", "America/Denver"}, []string{"en-US,en;q=0.9", "es-US,es;q=0.9,en;q=0.8"}},
	{3, &geo{"US", "", "NA", "America/New_York"}, []string{"en-US,en;q=0.9"}},
	{3, &geo{"BR", "Recife", "SA", "America/Recife"}, []string{"pt-BR,pt;q=0.9,en;q=0.5"}},
	{4, nil, []string{"en-US,en;q=0.5", "*"}}, // the platform does not know
}

// origin is where a visit comes from and where it begins.
type origin struct {
	weight   int
	referrer string
	landings []string
}

func (o origin) share() int { return o.weight }

var origins = []origin{
	{30, "", []string{"/", "/", "/", "/shop/", "/news/"}},
	{26, "https://www.google.com/", []string{"/", "/shop/shoes/trail-runner", "/shop/coats/rain-shell", "/news/how-to-wash-wool", "/shop/shoes/"}},
	{6, "https://www.bing.com/", []string{"/", "/shop/bags/", "/news/ten-walks-by-the-sea"}},
	{4, "https://duckduckgo.com/", []string{"/", "/shop/coats/"}},
	{10, "https://news.google.com/", []string{"/news/summer-collection", "/news/ten-walks-by-the-sea", "/news/repair-instead-of-replace"}},
	{8, "", []string{"/?utm_source=newsletter&utm_medium=email&utm_campaign=summer-sale", "/shop/sale/?utm_source=newsletter&utm_medium=email&utm_campaign=summer-sale"}},
	{9, "https://www.instagram.com/", []string{"/shop/shoes/?utm_source=instagram&utm_medium=paid&utm_campaign=trail-2026", "/shop/shoes/trail-runner?utm_source=instagram&utm_campaign=trail-2026"}},
	{4, "https://www.reddit.com/", []string{"/news/repair-instead-of-replace", "/shop/bags/day-pack"}},
	{3, "https://www.example.com/deals", []string{"/shop/sale/?utm_source=partner&utm_campaign=deals"}},
}

var (
	categories = []string{"/shop/shoes/", "/shop/coats/", "/shop/bags/", "/shop/sale/"}
	products   = []string{
		"/shop/shoes/trail-runner", "/shop/shoes/city-boot", "/shop/shoes/sandal", "/shop/coats/rain-shell", "/shop/coats/wool-coat",
		"/shop/bags/day-pack", "/shop/bags/tote", "/shop/sale/last-pair", "/shop/shoes/gr%C3%BCner-stiefel",
	}
	articles = []string{
		"/news/summer-collection", "/news/ten-walks-by-the-sea", "/news/how-to-wash-wool", "/news/repair-instead-of-replace", "/news/our-new-store",
	}
	searches = []string{"red+shoes", "rain+jacket", "gr%C3%B6%C3%9Fe+42", "gift+under+50", "wool", "backpack", "100%25+cotton"}
	prices   = []int{1250, 2490, 3995, 5900, 7900, 11900, 14950} // cents
	probes   = []string{"/robots.txt", "/sitemap.xml", "/feed.xml", "/.env", "/wp-login.php"}
)

// address is a client of the ranges kept for documentation.
func (d *day) address() string {
	host := 1 + d.rng.IntN(254)
	switch d.rng.IntN(5) {
	case 0:
		return fmt.Sprintf("192.0.2.%d", host)
	case 1, 2:
		return fmt.Sprintf("198.51.100.%d", host)
	case 3:
		return fmt.Sprintf("203.0.113.%d", host)
	}
	return fmt.Sprintf("2001:db8:%x::%x", d.rng.IntN(4096), host)
}

// crawl is a crawler that looks at a few pages, or at one that is not there.
func (d *day) crawl() {
	who, client := pick(d, crawlers), d.address()
	at := d.start.Add(d.seconds(0, 24*60*60-1)) // crawlers do not sleep
	for range 1 + d.rng.IntN(3) {
		page := d.one([]string{d.one(products), d.one(articles), d.one(categories), d.one(probes), "/"})
		method := "GET"
		if strings.Contains(who.userAgent, "UptimeRobot") {
			method, page = "HEAD", "/"
		}
		l := line{at: at, Method: method, URL: page, Client: client, Geo: places[6].geo}
		l.Headers = [][2]string{{"Host", "shop.example"}, {"User-Agent", who.userAgent}, {"Accept", "*/*"}}
		if d.add(l) != nil {
			return
		}
		at = at.Add(d.seconds(1, 90))
	}
}
