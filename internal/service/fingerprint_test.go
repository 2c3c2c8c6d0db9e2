package service

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

func TestFingerprintEscapes(t *testing.T) {
	tests := []struct{ in, want string }{
		{"aZ09", "aZ09"},
		{"\x00", `\0`},
		{"\x00a", `\0a`},
		{"\x007", `\x007`},
		{"\\?\"[]().*+^$|", `\\\?\"\[\]\(\)\.\*\+\^\$\|`},
		{"!#%&',-/:;<=>@_`{}~", "!#%&',-/:;<=>@_`{}~"},
		{"\r\n\t", `\r\n\t`},
		{" \x01\x7f\x80\xff", `\x20\x01\x7f\x80\xff`},
	}
	for _, tt := range tests {
		var f fingerprint
		f.escape([]byte(tt.in))
		if got := f.b.String(); got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestFingerprint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // whose time begins at midnight of 2000-01-01 UTC
		d := &detection{config: &Config{Intensity: 7, Version: "1.2", Platform: "x86_64-pc-linux-gnu"},
			target: Target{Port: 29100}}
		probe := func(name string) *match.Probe { return &match.Probe{Probe: &probefile.Probe{Name: name}} }
		if d.print.text() != "" {
			t.Error("a fingerprint without an answer")
		}
		d.record(probe("NULL"), nil)
		d.record(probe("NULL"), []byte("AB\x00"))
		d.record(probe("Help"), []byte(strings.Repeat("x", 1000)))
		now := time.Now()
		want := "SF-Port29100-TCP:V=1.2%I=7%D=" + now.Format("1/2") + "%Time=386D4380%P=x86_64-pc-linux-gnu" +
			`%r(NULL,3,"AB\0")%r(Help,3E8,"` + strings.Repeat("x", 900) + `");`
		if got := d.print.text(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	})
}

func TestFingerprintCutsBeforeTheDigit(t *testing.T) {
	// The digit that would force \x00 is not part of what is kept.
	d := &detection{config: &Config{}}
	d.record(&match.Probe{Probe: &probefile.Probe{Name: "P"}}, []byte(strings.Repeat("x", 899)+"\x007"))
	if got := d.print.text(); !strings.HasSuffix(got, `xx\0");`) {
		t.Errorf("ends %q", got[len(got)-20:])
	}
}

// The lengths were measured with Nmap 7.93, whose wrapped text had 2198 and
// 2202 characters when it still took, and no longer took, a second answer.
func TestFingerprintLimit(t *testing.T) {
	for _, tt := range []struct {
		length int
		want   bool
	}{{2082, true}, {2086, false}} {
		d := &detection{config: &Config{Version: "7.93", Platform: "x86_64-pc-linux-gnu", Intensity: 7}}
		d.print.b.WriteString(strings.Repeat("a", tt.length))
		d.record(&match.Probe{Probe: &probefile.Probe{Name: "One"}}, []byte("x"))
		if got := strings.Contains(d.print.text(), "%r(One"); got != tt.want {
			t.Errorf("after %d characters: recorded %v", tt.length, got)
		}
	}
}

func TestFingerprintWhenDebugging(t *testing.T) {
	for _, cfg := range []*Config{{Debug: 1}, {Trace: true}} {
		d := &detection{config: cfg, tunnel: result.TunnelTLS}
		for range 12 {
			d.record(&match.Probe{Probe: &probefile.Probe{Name: "P"}}, []byte(strings.Repeat("x", 5000)))
		}
		text := d.print.text()
		if n := strings.Count(text, strings.Repeat("x", 1300)); n != 8 || !strings.Contains(text, "%T=SSL%I=") {
			t.Errorf("%d answers of 1300 bytes in %.100s", n, text)
		}
	}
}
