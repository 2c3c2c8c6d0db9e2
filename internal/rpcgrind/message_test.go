package rpcgrind

import (
	"bytes"
	"encoding/binary"
	"slices"
	"testing"
)

// TestCall holds a call to RFC 5531 section 9, with the credentials of
// sections 8.1 and appendix A.
func TestCall(t *testing.T) {
	c := call{xid: 7, program: 100003, version: 9, procedure: 4}
	if want := words(7, 0, 2, 100003, 9, 4, 0, 0, 0, 0); !bytes.Equal(c.append(nil), want) {
		t.Errorf("got  %x\nwant %x", c.append(nil), want)
	}
	c.signed = true
	if want := words(7, 0, 2, 100003, 9, 4, 1, 20, 7, 0, 65534, 65534, 0, 0, 0); !bytes.Equal(c.append(nil), want) {
		t.Errorf("with a credential\ngot  %x\nwant %x", c.append(nil), want)
	}
	record := appendRecord([]byte("x"), call{}.append)
	if mark := binary.BigEndian.Uint32(record[1:]); mark != 1<<31|40 || len(record) != 1+4+40 {
		t.Errorf("record of %d bytes is marked %x", len(record), mark)
	}
}

func TestDecodeReply(t *testing.T) {
	verifier := append(words(5, 1, 0, 1, 5), "abcde\x00\x00\x00"...)
	for _, tt := range []struct {
		name  string
		bytes []byte
		want  Reply
		err   string
	}{
		{"unavailable", unavailable(5), Reply{XID: 5, Status: ProgUnavailable}, ""},
		{"mismatch", mismatch(5, 2, 4), Reply{XID: 5, Status: ProgMismatch, Low: 2, High: 4}, ""},
		{"verifier", append(verifier, words(1)...), Reply{XID: 5, Status: ProgUnavailable}, ""},
		{"success", words(5, 1, 0, 0, 0, 0, 9), Reply{XID: 5, Results: words(9)}, ""},
		{"RPC version", words(5, 1, 1, 0, 2, 3), Reply{XID: 5, Status: RPCMismatch, Low: 2, High: 3}, ""},
		{"authentication", authError(5), Reply{XID: 5, Status: AuthError}, ""},
		{"cut short", mismatch(5, 2, 4)[:28], Reply{}, "reply is cut short"},
		{"nothing", nil, Reply{}, "reply is cut short"},
		{"a call", words(5, 0, 2, 1, 1, 1, 0, 0, 0, 0), Reply{}, "not a reply"},
		{"neither", words(5, 1, 2, 0), Reply{}, "reply is neither accepted nor denied, but 2"},
		{"status", words(5, 1, 0, 0, 0, 6), Reply{}, "call is accepted with the unknown status 6"},
		{"reason", words(5, 1, 1, 2, 0), Reply{}, "call is denied for the unknown reason 2"},
		{"long verifier", append(words(5, 1, 0, 1, 404), make([]byte, 408)...), Reply{}, "reply is cut short"},
	} {
		got, err := DecodeReply(tt.bytes)
		if err == nil && tt.err != "" || err != nil && err.Error() != tt.err {
			t.Errorf("%s: error is %v, want %q", tt.name, err, tt.err)
		}
		if got.XID != tt.want.XID || got.Status != tt.want.Status || got.Low != tt.want.Low || got.High != tt.want.High || !bytes.Equal(got.Results, tt.want.Results) {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestRecords joins the same records however they are cut.
func TestRecords(t *testing.T) {
	want := [][]byte{[]byte("first"), {}, []byte("third record")}
	for fragment := 1; fragment < 6; fragment++ {
		var stream []byte
		for _, w := range want {
			stream = append(stream, cut(w, fragment)...)
		}
		for piece := 1; piece < 20; piece++ {
			r := records{limit: 100}
			var got [][]byte
			for b := range slices.Chunk(stream, piece) {
				r.add(b)
				for {
					record, err := r.next()
					if err != nil {
						t.Fatal(err)
					}
					if record == nil {
						break
					}
					got = append(got, bytes.Clone(record))
				}
			}
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Fatalf("fragments of %d, pieces of %d: got %q", fragment, piece, got)
			}
		}
	}
}

func FuzzDecodeReply(f *testing.F) {
	f.Add(unavailable(1))
	f.Add(mismatch(1, 2, 3))
	f.Add(authError(1))
	f.Add(words(5, 1, 0, 1, 404, 0, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeReply(b)
		if err == nil && (len(b) < 16 || r.Status > AuthError || r.XID != binary.BigEndian.Uint32(b)) {
			t.Errorf("%x reads as %+v", b, r)
		}
	})
}

func FuzzRecords(f *testing.F) {
	f.Add(cut([]byte("some record"), 3), uint8(2))
	f.Add(make([]byte, 8000), uint8(255))
	f.Add(words(1<<31|1<<30, 0), uint8(1))
	f.Fuzz(func(t *testing.T, stream []byte, piece uint8) {
		r := records{limit: 64}
		for b := range slices.Chunk(stream, max(1, int(piece))) {
			r.add(b)
			for {
				record, err := r.next()
				if err != nil {
					return
				}
				if record == nil {
					break
				}
				if len(record) > 64 {
					t.Fatalf("record of %d bytes", len(record))
				}
			}
			if len(r.raw) > 64+markLen+int(piece) {
				t.Fatalf("%d bytes are kept", len(r.raw))
			}
		}
	})
}

func FuzzDecodeList(f *testing.F) {
	f.Add(words(1, 100000, 2, 6, 111, 0), uint8(2))
	f.Add(append(append(words(1, 100003, 4, 3), "tcp\x00"...), words(0, 0, 0)...), uint8(4))
	f.Add(words(1, 1, 1, 1<<31), uint8(3))
	f.Fuzz(func(t *testing.T, b []byte, version uint8) {
		list, err := DecodeList(b, uint32(version))
		if len(list) > len(b)/20 {
			t.Errorf("%d bytes give %d entries, %v", len(b), len(list), err)
		}
		for _, e := range list {
			for _, c := range e.Network + e.Address + e.Owner {
				if c < ' ' || c > '~' {
					t.Errorf("text holds %q", c)
				}
			}
		}
	})
}
