package report

import (
	"strings"
	"testing"

	"sonde/result"
)

// The expectations were seen in the output of Nmap 7.93, down to the
// parenthesis it loses when a text fills the column exactly.
func TestAppendVersionLimits(t *testing.T) {
	for _, tt := range []struct {
		product, version, info int
		want                   string // lengths in place of the texts
	}{
		{79, 79, 5, "p79 v79"}, {79, 71, 9, "p79 v71 (i2...)"}, {79, 72, 9, "p79 v72"}, {79, 70, 9, "p79 v70 (i3...)"},
		{79, 60, 15, "p79 v60 (i15)"}, {79, 60, 16, "p79 v60 (i16"}, {79, 60, 17, "p79 v60 (i13...)"}, {79, 60, 30, "p79 v60 (i13...)"},
		{70, 79, 5, "p70 v79 (i5)"}, {79, 69, 4, "p79 v69 (i4)"}, {79, 69, 5, "p79 v69 (i5)"}, {79, 72, 3, "p79 v72"}, {79, 66, 7, "p79 v66 (i7)"},
		{10, 10, 255, "p10 v10 (i132...)"}, {0, 10, 250, "v10 (i143...)"}, {10, 0, 250, "p10 (i143...)"}, {79, 0, 200, "p79 (i74...)"},
		{0, 0, 156, "(i156)"}, {0, 0, 157, "(i157"}, {0, 0, 158, "(i154...)"}, {0, 0, 0, ""}, {5, 0, 0, "p5"},
	} {
		s := result.Service{Product: strings.Repeat("p", tt.product), Version: strings.Repeat("v", tt.version), Info: strings.Repeat("i", tt.info)}
		got := string(appendVersion(nil, &s))
		if want := expand(tt.want); got != want {
			t.Errorf("%d, %d, %d: got %q, want %q", tt.product, tt.version, tt.info, got, want)
		}
		if len(got) > maxVersionColumn {
			t.Errorf("%d, %d, %d: %d bytes", tt.product, tt.version, tt.info, len(got))
		}
	}
}

// expand replaces a letter and a number by that many letters.
func expand(short string) string {
	var b strings.Builder
	for i := 0; i < len(short); i++ {
		n := 0
		j := i + 1
		for ; j < len(short) && short[j] >= '0' && short[j] <= '9'; j++ {
			n = 10*n + int(short[j]-'0')
		}
		if j == i+1 {
			n = 1
		}
		b.WriteString(strings.Repeat(short[i:i+1], n))
		i = j - 1
	}
	return b.String()
}

func TestAppendVersion(t *testing.T) {
	for _, tt := range []struct {
		s    result.Service
		want string
	}{
		{result.Service{Product: "Apache httpd", Version: "2.4.41", Info: "(Unix)"}, "Apache httpd 2.4.41 ((Unix))"},
		{result.Service{Product: strings.Repeat("p", 80), Version: strings.Repeat("v", 80)}, strings.Repeat("p", 80) + " " + strings.Repeat("v", 75) + "..."},
	} {
		if got := string(appendVersion(nil, &tt.s)); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	if got := appendVersion(nil, nil); got != nil {
		t.Errorf("no service: %q", got)
	}
}

func TestAppendService(t *testing.T) {
	guess := &result.Service{Name: "http", Confidence: result.ConfidenceTable}
	sure := &result.Service{Name: "http", Confidence: result.ConfidenceMatched, Tunnel: result.TunnelTLS}
	for _, tt := range []struct {
		state   result.PortState
		service *result.Service
		version bool
		want    string
	}{
		{result.Open, guess, false, "http"},
		{result.Open, guess, true, "http?"},
		{result.Closed, guess, true, "http"},
		{result.OpenFiltered, guess, true, "http"},
		{result.Open, sure, true, "ssl/http"},
		{result.Open, nil, true, "unknown"},
		{result.Open, &result.Service{}, true, "unknown"},
		{result.Open, &result.Service{Name: "unknown"}, true, "unknown"},
		{result.Open, &result.Service{Tunnel: result.TunnelTLS}, true, "ssl/unknown"},
		{result.Open, &result.Service{Name: "tcpwrapped", Confidence: result.ConfidenceWrapped}, true, "tcpwrapped"},
		{result.Open, &result.Service{Name: strings.Repeat("n", 63), Confidence: 10}, true, strings.Repeat("n", 63)},
		{result.Open, &result.Service{Name: strings.Repeat("n", 64), Confidence: 10}, true, ""},
		{result.Open, &result.Service{Name: strings.Repeat("n", 60), Confidence: 10, Tunnel: result.TunnelTLS}, true, ""},
	} {
		p := result.Port{State: tt.state, Service: tt.service}
		if got := string(appendService(nil, &p, &Options{VersionScan: tt.version})); got != tt.want {
			t.Errorf("%v %+v: got %q, want %q", tt.state, tt.service, got, tt.want)
		}
	}
}

// A service that is known by no name, fingerprint or tunnel leaves its field
// of grepable output empty, and has no element in XML.
func TestNamelessService(t *testing.T) {
	for _, tt := range []struct {
		service  *result.Service
		grepable string
		xml      string
	}{
		{nil, "/tcp/////\n", `"/></port>`},
		{&result.Service{}, "/tcp/////\n", `"/></port>`},
		{&result.Service{Fingerprint: "SF;"}, "/tcp//unknown///\n", `<service name="unknown" servicefp="SF;" method="table" conf="0"/></port>`},
		{&result.Service{Tunnel: result.TunnelTLS, Product: "a/b"}, "/tcp//ssl|unknown//a|b/\n", `<service name="unknown" product="a/b" tunnel="ssl" method="table" conf="0"/></port>`},
	} {
		h := result.HostDone{Host: result.Host{Addr: addr("::1"), State: result.HostUp, Scanned: true, Ports: []result.Port{{Number: 1, State: result.Open, Service: tt.service}}}}
		if got := string(document(t, NewGrepable, Options{}, h)); !strings.HasSuffix(got, tt.grepable) {
			t.Errorf("%+v: got %q, want %q", tt.service, got, tt.grepable)
		}
		if got := string(document(t, NewXML, Options{}, h)); !strings.Contains(got, tt.xml) {
			t.Errorf("%+v: got %q, want %q", tt.service, got, tt.xml)
		}
	}
}
