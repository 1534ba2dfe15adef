package consent

import "testing"

func BenchmarkTCFFixedFields(b *testing.B) { benchmarkTCF(b, tcfPlain(), 0) }

func BenchmarkTCF500(b *testing.B) { benchmarkTCF(b, tcfField(500), 755) }

func BenchmarkTCFRanges(b *testing.B) { benchmarkTCF(b, tcfRanges(50), 755) }

func benchmarkTCF(b *testing.B, s string, vendor uint16) {
	b.ReportAllocs()
	for b.Loop() {
		t, f := ParseTCF(s, vendor)
		if f != None || t.Granted(OneVendor, true).Has(12) {
			b.Fatal(f)
		}
	}
}

func BenchmarkUSNat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		g, f := ParseGPP("DBABLA~BVQqAAAAAAKA.QA")
		section, ok := g.Find(SectionUSNat)
		u, fault := ParseUS(section)
		sale, _ := u.Value(SaleOptOut)
		shared, _ := u.Value(SharingOptOut)
		targeted, _ := u.Value(TargetedAdvertisingOptOut)
		if f != None || !ok || fault != None || sale+shared+targeted != 6 {
			b.Fatal(f, fault, sale, shared, targeted)
		}
	}
}

func BenchmarkOneTrust(b *testing.B) {
	const cookie = "isGpcEnabled=0&datestamp=Tue+Nov+17+2026+09%3A30%3A00+GMT%2B0100&version=202509.1.0&browserGpcFlag=0&" +
		"isIABGlobal=false&hosts=&consentId=00000000-0000-4000-8000-000000000000&interactionCount=1&landingPath=NotLandingPage&" +
		"groups=C0001%3A1%2CC0002%3A1%2CC0003%3A1%2CC0004%3A0&geolocation=AT%3B9&AwaitingReconsent=false"
	b.ReportAllocs()
	for b.Loop() {
		c, f := ParseChoices(OneTrust, cookie)
		if f != None || c.Of("C0004") != Denied {
			b.Fatal(f)
		}
	}
}
