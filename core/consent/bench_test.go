package consent

import "testing"

// Strings as consent managers write them.
const (
	tcfFixed = "CQE1dYAQE1dYATu_7GENonDwAP-_eK_gAIwIAAAAAAAA"
	usnat    = "DBABLA~BVQqAAAAAAKA.QA"
)

func BenchmarkTCFFixedFields(b *testing.B) { benchmarkTCF(b, tcfFixed, 0) }

func BenchmarkTCF500(b *testing.B) { benchmarkTCF(b, fieldString(500), 755) }

func BenchmarkTCFRanges(b *testing.B) { benchmarkTCF(b, rangeString(50), 755) }

func benchmarkTCF(b *testing.B, s string, vendor uint16) {
	b.ReportAllocs()
	b.SetBytes(int64(len(s)))
	for b.Loop() {
		t, f := ParseTCF(s, vendor)
		if f != None {
			b.Fatal(f)
		}
		if t.Granted(Publisher, true).Has(12) {
			b.Fatal()
		}
	}
}

func BenchmarkUSNat(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		g, f := ParseGPP(usnat)
		section, ok := g.Find(SectionUSNat)
		u, f2 := ParseUS(section)
		sale, _ := u.Value(SaleOptOut)
		shared, _ := u.Value(SharingOptOut)
		targeted, _ := u.Value(TargetedAdvertisingOptOut)
		if f != None || f2 != None || !ok || sale+shared+targeted == 9 {
			b.Fatal(f, f2)
		}
	}
}
