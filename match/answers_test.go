package match

import (
	"reflect"
	"strings"
	"testing"

	"sonde/result"
)

func TestParseFingerprint(t *testing.T) {
	want := []Answer{
		{Probe: "NULL", Reply: []byte("SSH-2.0-x y\r\n\x000\x00a\x80\"\\|")},
		{Probe: "Get", Reply: []byte("q")},
	}
	const wrapped = `SF-Port22-TCP:V=7.93%T=SSL%I=7%D=11/21%Time=6B014901%P=x86_64-pc-linux-g
SF:nu%r(NULL,29,"SSH-2\.0-x\x20y\r\n\x000\0a\x8
SF:0\"\\\|")%r(Get,1,"q");
`
	xml := strings.NewReplacer("\nSF:", "", "\n", "", `"`, "&quot;").Replace(wrapped)
	for _, text := range []string{wrapped, "\n" + wrapped, strings.ReplaceAll(wrapped, "\n", "\r\n"), xml} {
		got, err := ParseFingerprint(text)
		if err != nil || !reflect.DeepEqual(got, want) || !IsFingerprint(text) {
			t.Errorf("%s\ngot %q, %v", text, got, err)
		}
	}
	if got, err := ParseFingerprint(`SF-Port53-UDP:V=1%r(DNS,1,"\0");`); err != nil || got[0].Protocol != result.UDP {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{"", "SF-Port22:x", "SF-Portx-TCP:", "SF-Port1-SCTP:", `SF-Port1-TCP:%r(`, `SF-Port1-TCP:%r(a,1,"`, `SF-Port1-TCP:%r(a,g,"")`, `SF-Port1-TCP:%r(a,1,"\x2")`, `SF-Port1-TCP:%r(a,1,"\`} {
		if got, err := ParseFingerprint(bad); err == nil {
			t.Errorf("%q was taken for %q", bad, got)
		}
	}
}

func TestParseTranscript(t *testing.T) {
	a := []Answer{{Probe: "NULL", Reply: []byte("220 x|y\r\n")}, {Protocol: result.UDP, Probe: "DNS", Reply: []byte{0, '0', 255}}}
	text := "0.1s > TCP NULL q||\n  0.2s  " + FormatAnswer(a[0]) + "  (9 bytes)\r\nremark < TCP\n" + FormatAnswer(a[1])
	got, err := ParseTranscript(text)
	if err != nil || !reflect.DeepEqual(got, a) || !IsTranscript(text) {
		t.Errorf("got %q, %v", got, err)
	}
	if IsTranscript("HTTP/1.0 200 OK\r\n\r\n<html>") {
		t.Error("a page is no transcript")
	}
	for _, bad := range []string{"< TCP NULL q|x", `< TCP NULL q|\q|`} {
		if _, err := ParseTranscript(bad); err == nil || !strings.HasPrefix(err.Error(), "line 1: ") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func FuzzParseFingerprint(f *testing.F) {
	f.Add(`SF-Port22-TCP:V=7.93%I=7%r(NULL,29,"SSH-2\.0-x\x20y\r\n")%r(Get,1,"q");`)
	f.Fuzz(func(_ *testing.T, text string) { ParseFingerprint(text) })
}

func FuzzParseTranscript(f *testing.F) {
	f.Add(`< TCP NULL q|220 \x00|`)
	f.Fuzz(func(t *testing.T, text string) {
		answers, err := ParseTranscript(text)
		for _, a := range answers {
			again, err := ParseTranscript(FormatAnswer(a))
			if err != nil || !reflect.DeepEqual(again, []Answer{a}) {
				t.Errorf("%q became %q, %v", a, again, err)
			}
		}
		if err == nil && len(answers) > 0 != IsTranscript(text) {
			t.Error("IsTranscript disagrees")
		}
	})
}
