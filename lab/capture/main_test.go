package main

import (
	"bytes"
	"testing"
)

func TestUnquote(t *testing.T) {
	tests := []struct {
		in, want string
		bad      bool
	}{
		{in: "", want: ""},
		{in: `q|GET / HTTP/1.0\r\n\r\n|`, want: "GET / HTTP/1.0\r\n\r\n"},
		{in: `q=a|b\0\\\t\x7f=`, want: "a|b\x00\\\t\x7f"},
		{in: `q|open`, bad: true},
		{in: `q|\q|`, bad: true},
		{in: `q|\x4|`, bad: true},
		{in: `q|\xzz|`, bad: true},
		{in: `q|\|`, bad: true},
	}
	for _, tt := range tests {
		got, err := unquote(tt.in)
		if (err != nil) != tt.bad || string(got) != tt.want {
			t.Errorf("unquote(%q) = %q, %v", tt.in, got, err)
		}
	}
}

// What capture prints must be what it reads: an example is often asked again.
func TestEscapeRoundTrip(t *testing.T) {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got, err := unquote("q|" + escape(all) + "|")
	if err != nil || !bytes.Equal(got, all) {
		t.Errorf("round trip of all bytes: %q, %v", got, err)
	}
}
