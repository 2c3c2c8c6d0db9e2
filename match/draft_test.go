package match

import (
	"strings"
	"testing"
	"testing/fstest"

	"sonde/probefile"
)

func TestDraft(t *testing.T) {
	for _, tt := range []struct{ reply, want string }{
		{"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", `match ssh m|^SSH-[\d.]+-OpenSSH_(\d[\w.]*) Debian-2\r\n| p/OpenSSH/ v/$1/`},
		{"220 ProFTPD 1.3.8 Server (lab) [10.0.0.1]\r\n", `match ftp m|^220 ProFTPD (\d[\w.]*) Server \(lab\) \[[\d.]+\]\r\n| p/ProFTPD/ v/$1/`},
		{"220 mx.example.org ESMTP Exim 4.96 Sat, 21 Nov 2026 10:00:00 +0000\r\n",
			`match smtp m|^220 ([\w.-]+) ESMTP Exim (\d[\w.]*) \w+, \d+ \w+ \d+ \d+:\d+:\d+ \+\d+\r\n| p/Exim/ h/$1/ v/$2/`},
		{"HTTP/1.1 200 OK\r\nDate: x\r\nServer: nginx/1.24.0 (Ubuntu)\r\n\r\nbody",
			`match http m|^HTTP/\d\.\d \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?Server: nginx/(\d[\w.]*) \(Ubuntu\)\r\n| p/nginx/ v/$1/`},
		{"HTTP/1.0 401 No\r\n\r\n<html><title>Router X</title>", `match http m|^HTTP/\d\.\d \d\d\d [\x00-\xff]*?<title>Router X<| p/Router X/`},
		{"\x00\x01\xff0|", `softmatch unknown m/^\0\x01\xff0\|/`},
		{"\x000", `softmatch unknown m|^\x000|`},
	} {
		s, err := Draft(Answer{Probe: "NULL", Reply: []byte(tt.reply)}, "", "test")
		if err != nil {
			t.Error(err)
			continue
		}
		if got := probefile.FormatSignature(s); got != tt.want {
			t.Errorf("%q\ngot  %s\nwant %s", tt.reply, got, tt.want)
		}
		text := "Probe TCP NULL q||\n" + probefile.FormatNative(s)
		f, err := probefile.ParseNative(fstest.MapFS{"x.probe": {Data: []byte(text)}})
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		db, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range CheckExamples(db) {
			t.Errorf("%v\n%s", err, text)
		}
	}
	if _, err := Draft(Answer{Probe: "NULL"}, "", ""); err == nil {
		t.Error("a signature for nothing")
	}
}

// Whatever a service says, the draft recognises it, and is a native file.
func FuzzDraft(f *testing.F) {
	f.Add("220 mx.example.org ESMTP Exim 4.96 Sat, 21 Nov\r\n")
	f.Add("HTTP/1.1 200 OK\r\nServer: a|b/c=d%e@f~g!h,i;j#k 1.2\r\n\r\n")
	f.Add("HTTP/1.0 200 OK\r\n\r\n<title>$1 x</title>")
	f.Fuzz(func(t *testing.T, reply string) {
		s, err := Draft(Answer{Probe: "NULL", Reply: []byte(reply)}, "", "fuzz")
		if err != nil {
			if reply != "" {
				t.Errorf("%q: %v", reply, err)
			}
			return
		}
		text := "Probe TCP NULL q||\n" + probefile.FormatNative(s)
		f, err := probefile.ParseNative(fstest.MapFS{"x.probe": {Data: []byte(text)}})
		if err != nil && !strings.Contains(err.Error(), "line of more than") {
			t.Fatalf("%v\n%s", err, text)
		}
		if err != nil {
			return
		}
		db, err := New(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range CheckExamples(db) {
			t.Errorf("%v\n%s", err, text)
		}
	})
}
