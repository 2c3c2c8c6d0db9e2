package cpe

import (
	"strconv"
	"testing"
)

// The first cases are the examples of NISTIR 7695, 6.1.2.4 and 6.2.2.3.
func TestForms(t *testing.T) {
	for _, c := range []struct{ uri, formatted string }{
		{"cpe:/a:microsoft:internet_explorer:8.0.6001:beta", "cpe:2.3:a:microsoft:internet_explorer:8.0.6001:beta:*:*:*:*:*:*"},
		{"cpe:/a:microsoft:internet_explorer:8.%02:sp%01", "cpe:2.3:a:microsoft:internet_explorer:8.*:sp?:*:*:*:*:*:*"},
		{"cpe:/a:hp:insight_diagnostics:7.4.0.1570:-:~~online~win2003~x64~", "cpe:2.3:a:hp:insight_diagnostics:7.4.0.1570:-:*:*:online:win2003:x64:*"},
		{"cpe:/a:hp:openview_network_manager:7.51::~~~linux~~", "cpe:2.3:a:hp:openview_network_manager:7.51:*:*:*:*:linux:*:*"},
		{"cpe:/a:foo%5cbar:big%24money_2010:::~~special~ipod_touch~80gb~", `cpe:2.3:a:foo\\bar:big\$money_2010:*:*:*:*:special:ipod_touch:80gb:*`},
		{"cpe:/o:linux:linux_kernel", "cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*"},
		{"cpe:/a:x:c%2b%2b:1.0-rc_1", `cpe:2.3:a:x:c\+\+:1.0-rc_1:*:*:*:*:*:*:*`},
		{"cpe:/a:x:%2d", `cpe:2.3:a:x:\-:*:*:*:*:*:*:*:*`},
		{"cpe:/a:x:y:%01%01z", `cpe:2.3:a:x:y:??z:*:*:*:*:*:*:*`},
		{"cpe:/", "cpe:2.3:*:*:*:*:*:*:*:*:*:*:*"},
		{"cpe:/h", "cpe:2.3:h:*:*:*:*:*:*:*:*:*:*"},
		{"cpe:/a:x:a%7eb:::%7eq", `cpe:2.3:a:x:a\~b:*:*:\~q:*:*:*:*:*`},
	} {
		n, err := Parse(c.uri)
		if err != nil || n.URI() != c.uri || n.Formatted() != c.formatted {
			t.Errorf("%s: got %s and %s, want %s (%v)", c.uri, n.URI(), n, c.formatted, err)
		}
		m, err := Parse(c.formatted)
		if err != nil || m != n {
			t.Errorf("%s: got %q, want %q (%v)", c.formatted, m, n, err)
		}
	}
}

func TestLenience(t *testing.T) {
	for in, want := range map[string]string{
		"CPE:/A:Foo:Bar":                  "cpe:/a:foo:bar",
		"cpe:/a:x:y::":                    "cpe:/a:x:y",
		"cpe:/a:x:a|b'c":                  "cpe:/a:x:a%7cb%27c",
		"cpe:/a:%02:y":                    "cpe:/a::y",
		"cpe:/a:x:y:%2B":                  "cpe:/a:x:y:%2b",
		"cpe:2.3:a:x:a+b:*:*:*:*:*:*:*:*": "cpe:/a:x:a%2bb",
		`cpe:2.3:a:\x:a:*:*:*:*:*:*:*:*`:  "cpe:/a:x:a",
	} {
		if n, err := Parse(in); err != nil || n.URI() != want {
			t.Errorf("%s: got %s, %v; want %s", in, n.URI(), err, want)
		}
	}
}

func TestFaults(t *testing.T) {
	for in, want := range map[string]string{
		"a:b":                               "begins neither with cpe:/ nor with cpe:2.3:",
		"cpe:/x:b":                          `part is "x", not one of a, h and o`,
		"cpe:/a:b:c:d:e:f:g:h":              "more than 7 components",
		"cpe:/a:b%":                         "vendor: incomplete percent code",
		"cpe:/a:b%2":                        "vendor: incomplete percent code",
		"cpe:/a:b%zz":                       `vendor: "%zz" is no percent code`,
		"cpe:/a:b%00":                       `vendor: character '\x00'`,
		"cpe:/a:b c":                        "vendor: character ' '",
		"cpe:/a:b\xe9":                      "vendor: character 'é'",
		"cpe:/a:b%01c":                      "vendor: wildcard in the middle",
		"cpe:/a:%02%02c":                    "vendor: mixed wildcards",
		"cpe:/a:b:c:d:e:~x":                 "edition: 1 packed values instead of 5",
		"cpe:/a:b:c:d:e:~~%~~~":             "sw_edition: incomplete percent code",
		"cpe:2.3:a:b":                       "2 values instead of 11",
		"cpe:2.3:a::*:*:*:*:*:*:*:*:*":      "vendor: empty value",
		`cpe:2.3:a:*:*:*:*:*:*:*:*:*:a\`:    "other: nothing follows the backslash",
		`cpe:2.3:a:b?c:*:*:*:*:*:*:*:*:*`:   "vendor: wildcard in the middle",
		`cpe:2.3:a:b\?*?:*:*:*:*:*:*:*:*:*`: "vendor: mixed wildcards",
	} {
		want = "parse CPE " + strconv.Quote(in) + ": " + want
		if n, err := Parse(in); err == nil || err.Error() != want {
			t.Errorf("%s: got %v, %v\nwant %s", in, n, err, want)
		}
	}
}

func TestLiteral(t *testing.T) {
	v := Literal("Foo Bar-2.0+\xff")
	if v != `foo_bar\-2\.0\+_` || v.Text() != "foo_bar-2.0+_" {
		t.Errorf("got %s, %s", v, v.Text())
	}
	if got := (Name{Part: "a", Vendor: Literal("-")}).URI(); got != "cpe:/a:%2d" {
		t.Errorf("a literal hyphen gives %s", got)
	}
	if SWEdition.String() != "sw_edition" || Attribute(11).String() != "invalid" {
		t.Error("names of attributes")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("cpe:/a:foo%5cbar:big%24money_2010:%02::~~special~ipod_touch~80gb~")
	f.Add(`cpe:2.3:a:foo\\bar:b?:*:-:*:*:sp\:ecial:ipod_touch:80gb:*`)
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		for _, form := range []string{n.URI(), n.Formatted()} {
			if m, err := Parse(form); err != nil || m != n {
				t.Errorf("%q is %q, printed as %s, which is %q (%v)", s, n, form, m, err)
			}
		}
	})
}
