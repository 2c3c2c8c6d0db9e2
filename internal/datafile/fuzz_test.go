package datafile

import (
	"fmt"
	"strings"
	"testing"

	"sonde/result"
)

func FuzzReadServices(f *testing.F) {
	f.Add("http 80/tcp 0.5 # x\nx 1/udp 1/2\n")
	f.Add("a 1/tcp 0.\nb 65535/sctp -1/0")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := ReadServices("f", strings.NewReader(text))
		if err != nil {
			return
		}
		for e := range table.Entries() {
			if !(e.Ratio >= 0 && e.Ratio <= 1) || e.Name == "" || e.Protocol > result.SCTP {
				t.Fatalf("entry %+v", e)
			}
		}
	})
}

func FuzzReadProtocols(f *testing.F) {
	f.Add("tcp 6 TCP\nbad\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, _, err := ReadProtocols("f", strings.NewReader(text))
		if err != nil || table.Listed(result.IP).Len() > 256 {
			t.Fatal(table.Listed(result.IP), err)
		}
	})
}

func FuzzReadRPC(f *testing.F) {
	f.Add("rpcbind 100000 portmap\nnfs 100003#\n")
	f.Fuzz(func(t *testing.T, text string) {
		programs, err := ReadRPC("f", strings.NewReader(text))
		if err != nil {
			return
		}
		var again strings.Builder
		for _, p := range programs {
			fmt.Fprintf(&again, "%s %d\n", p.Name, p.Number)
		}
		if got, err := ReadRPC("f", strings.NewReader(again.String())); err != nil || len(got) != len(programs) {
			t.Fatalf("%q reads as %v, %v", again.String(), got, err)
		}
	})
}

func FuzzReadRPCRanges(f *testing.F) {
	f.Add("100000 100999 Sun\n# x\n5 5\n")
	f.Fuzz(func(t *testing.T, text string) {
		ranges, err := ReadRPCRanges("f", strings.NewReader(text))
		for _, r := range ranges {
			if err != nil || r.First > r.Last {
				t.Fatal(r, err)
			}
		}
	})
}

func FuzzReadVendors(f *testing.F) {
	f.Add("000000 Xerox\n08002b912 Nine\n")
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := ReadVendors("f", strings.NewReader(text)); err == nil {
			v.Name([6]byte{0, 0, 0, 1, 2, 3})
		}
	})
}

func FuzzReadPayloads(f *testing.F) {
	f.Add("udp 7,9-10 \"a\\x00\" # c\n \"b\" source 5\ntcp 1 \"x\"")
	f.Add("udp 1- \"\\\"")
	f.Fuzz(func(t *testing.T, text string) {
		payloads, err := ReadPayloads("f", strings.NewReader(text))
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error of several lines: %q", err)
			}
			return
		}
		for port, list := range payloads {
			if len(list) > maxPayloads {
				t.Fatalf("%d payloads for port %d", len(list), port)
			}
			for _, p := range list {
				if len(p) > len(text) {
					t.Fatal("a payload is longer than its file")
				}
			}
		}
	})
}
