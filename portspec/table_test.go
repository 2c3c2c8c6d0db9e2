package portspec

import (
	"testing"

	"sonde/result"
)

func TestTableNames(t *testing.T) {
	tests := []struct {
		proto result.Protocol
		port  uint16
		want  string
	}{
		{result.TCP, 80, "http"},   // the first of two entries
		{result.TCP, 4, "unknown"}, // listed so
		{result.TCP, 65535, ""},
		{result.UDP, 53, "domain"},
		{result.UDP, 22, ""},
		{result.IP, 6, "tcp"},
		{result.Protocol(200), 6, ""},
	}
	for _, tt := range tests {
		if got := small.Name(tt.proto, tt.port); got != tt.want {
			t.Errorf("Name(%v, %d) = %q, want %q", tt.proto, tt.port, got, tt.want)
		}
	}
}

func TestNilTable(t *testing.T) {
	var none *Table
	if none.Name(result.TCP, 80) != "" || none.HasRatios() || none.Listed(result.TCP).Len() != 0 || none.Top(result.TCP, 5, All(result.TCP)).Len() != 0 {
		t.Error("a nil table is not empty")
	}
}

func TestTop(t *testing.T) {
	all := All(result.TCP)
	for n, want := range []string{"", "80", "80,443", "22,80,443", "22,80,443,8008", "22,80,106,443,8008", "22,80,106,443,591,8008", "4,22,80,106,443,591,8008", "4,22,80,106,443,591,8008"} {
		if got := small.Top(result.TCP, n, all).String(); got != want {
			t.Errorf("Top(%d) = %s, want %s", n, got, want)
		}
	}
	if got := small.Top(result.TCP, 2, all.Minus(Of(80))).String(); got != "22,443" {
		t.Errorf("Top without 80 = %s", got)
	}
	if got := small.AtLeast(result.TCP, 0.3, all).String(); got != "22,80,443" {
		t.Errorf("AtLeast = %s", got)
	}
	if got := small.Listed(result.UDP).String(); got != "53,80,123" {
		t.Errorf("Listed = %s", got)
	}
}

func TestDefaultSets(t *testing.T) {
	old := NewTable([]Entry{{"low", result.TCP, 7, 0}, {"high", result.TCP, 2049, 0}})
	tests := []struct {
		what string
		got  Set
		want string
	}{
		{"default", Default(result.TCP, small, Set{}), "4,22,80,106,443,591,8008"},
		{"default without ratios", Default(result.TCP, old, Of(3)), "1-2,4-1024,2049"},
		{"default of IP", Default(result.IP, small, Of(0)), "1-255"},
		{"fast", Fast(result.UDP, small, Of(53)), "80,123"},
		{"fast without ratios", Fast(result.TCP, old, Set{}), "7,2049"},
		{"fast of IP", Fast(result.IP, small, Set{}), "1,6"},
	}
	for _, tt := range tests {
		if tt.got.String() != tt.want {
			t.Errorf("%s = %v, want %s", tt.what, tt.got, tt.want)
		}
	}
}

func TestDefaultIsMadeUpForExclusions(t *testing.T) {
	var entries []Entry
	for p := 1; p <= 2000; p++ {
		entries = append(entries, Entry{"x", result.TCP, uint16(p), 1 / float64(p)})
	}
	got := Default(result.TCP, NewTable(entries), Of(80))
	if got.String() != "1-79,81-1001" {
		t.Errorf("default without 80 = %v", got)
	}
}

func TestJoin(t *testing.T) {
	j := Join(NewTable([]Entry{{"a", result.TCP, 1, 0}}), nil, small, NewTable([]Entry{{"b", result.TCP, 80, 0}, {"gre", result.IP, 47, 0}}))
	if j.Name(result.TCP, 80) != "http" || j.Name(result.IP, 47) != "gre" || j.Name(result.TCP, 1) != "a" || !j.HasRatios() {
		t.Error("joined table has other names than its parts")
	}
}

func TestMatchMask(t *testing.T) {
	for _, tt := range []struct {
		mask, name string
		want       bool
	}{
		{"*", "", true}, {"", "", true}, {"?", "", false}, {"a*b*c", "aXXbYYbZc", true}, {"a*b", "aXbX", false},
		{"HTTP-?LT", "http-alt", true}, {"**x", "x", true}, {"*a?", "banana", false}, {"*a?a", "banana", true},
	} {
		if got := matchMask(tt.mask, tt.name); got != tt.want {
			t.Errorf("matchMask(%q, %q) = %v", tt.mask, tt.name, got)
		}
	}
}
