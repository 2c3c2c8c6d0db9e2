package report

import (
	"strings"
	"testing"

	"sonde/result"
)

func TestAppendWrapped(t *testing.T) {
	for _, tt := range []struct {
		length int // without the semicolon
		lines  []int
	}{
		{10, []int{11}}, {73, []int{74}}, {74, []int{75}}, {75, []int{74, 5}}, {74 + 71, []int{74, 75}}, {74 + 72, []int{74, 74, 5}}, {74 + 2*71, []int{74, 74, 75}},
	} {
		text := strings.Repeat("x", tt.length) + ";"
		got := string(appendWrapped(nil, text))
		lines := strings.Split(got, "\n")
		if len(lines) != len(tt.lines) {
			t.Fatalf("%d characters: %d lines, want %d", tt.length, len(lines), len(tt.lines))
		}
		for i, line := range lines {
			if len(line) != tt.lines[i] || i > 0 && !strings.HasPrefix(line, "SF:") {
				t.Errorf("%d characters: line %q, want %d characters", tt.length, line, tt.lines[i])
			}
		}
		if back := strings.ReplaceAll(got, "\nSF:", ""); back != text {
			t.Errorf("%d characters: unwraps to %q", tt.length, back)
		}
	}
}

func TestFingerprints(t *testing.T) {
	var list []result.Port
	for n := range uint16(12) {
		list = append(list, result.Port{Number: n, State: result.Open, Service: &result.Service{Fingerprint: "SF-Port;"}})
	}
	const next = "==============NEXT SERVICE FINGERPRINT (SUBMIT INDIVIDUALLY)==============\n"
	one, all := string(appendFingerprints(nil, list[:1])), string(appendFingerprints(nil, list))
	if !strings.HasPrefix(one, "1 service ") || !strings.HasSuffix(one, " :\nSF-Port;\n") || strings.Contains(one, next) {
		t.Errorf("one: %q", one)
	}
	if !strings.HasPrefix(all, "9 services ") || strings.Count(all, next+"SF-Port;\n") != 9 {
		t.Errorf("twelve: %q", all)
	}
	if strings.Contains(all, "nmap.org") {
		t.Error("sends people to Nmap's page")
	}
	if none := appendFingerprints(nil, ports(1, 9, result.Open, result.ReasonSynAck)); none != nil {
		t.Errorf("none: %q", none)
	}
}
