package service

import (
	"strings"
	"testing"
)

func TestWhole(t *testing.T) {
	tests := []struct {
		name, answer string
		want         bool
	}{
		{"nothing", "", false},
		{"text", "220 ready\r\n", false},
		{"prompt", "\r\nDebian\r\nhost login: ", true},
		{"HTTP head in pieces", "HTTP/1.1 200 OK\r\nContent-Le", false},
		{"HTTP without a length", "HTTP/1.0 200 OK\r\n\r\n<html>", false},
		{"HTTP with a length, too short", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcd", false},
		{"HTTP with a length", "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nabcde", true},
		{"HTTP with a silly length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false},
		{"HTTP without a body", "HTTP/1.1 304 Not Modified\r\nServer: x\r\n\r\n", true},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n", true},
		{"chunks with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n", true},
		{"chunks in pieces", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", false},
		{"chunks that are none", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nabc\r\n", false},
		{"TLS alert", "\x15\x03\x01\x00\x02\x02\x28", true},
		{"TLS alert in pieces", "\x15\x03\x01\x00\x02\x02", false},
		{"two TLS records", "\x16\x03\x03\x00\x01x\x16\x03\x03\x00\x02xy", true},
		{"DNS", "\x00\x0c\x00\x00\x90\x04\x00\x00\x00\x00\x00\x00\x00\x00", true},
		{"DNS in pieces", "\x00\x0c\x00\x00\x90\x04\x00\x00\x00\x00\x00\x00\x00", false},
		{"LDAP", "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00", true},
		{"TPKT", "\x03\x00\x00\x0b\x06\xd0\x00\x00\x12\x34\x00", true},
		{"NetBIOS", "\x83\x00\x00\x01\x8f", false},
		{"SMB", "\x00\x00\x00\x04\xffSMB", true},
		{"RPC", "\x80\x00\x00\x04abcd", true},
		{"MongoDB", "\x08\x00\x00\x00abcd", true},
		{"MySQL", "\x04\x00\x00\x00\x0a5.7", true},
		{"PostgreSQL", "E\x00\x00\x00\x08SFAT", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := whole([]byte(tt.answer)); got != tt.want {
				t.Errorf("%q: got %v", tt.answer, got)
			}
		})
	}
}

// A whole HTTP message stays whole whatever follows, and no message is whole
// before its head is.
func FuzzWhole(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
	f.Add([]byte("\x15\x03\x01\x00\x02\x02\x28"))
	f.Add([]byte("\x30\x84\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := whole(b)
		if isHTTP(b) && got && !strings.Contains(string(b), "\r\n\r\n") {
			t.Error("whole without a head")
		}
	})
}
