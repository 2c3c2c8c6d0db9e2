package probefile

import (
	"io/fs"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
)

// archive makes a folder of one text, in which a line "-- name --" begins a
// file. What stands before the first goes to db.probe.
func archive(text string) fs.FS {
	fsys := fstest.MapFS{}
	name := "db.probe"
	for line := range strings.Lines(text + "\n") {
		if s, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok {
			name = strings.TrimSuffix(s, " --")
			continue
		}
		f := fsys[name]
		if f == nil {
			f = &fstest.MapFile{}
			fsys[name] = f
		}
		f.Data = append(f.Data, line...)
	}
	return fsys
}

const nativeSample = `-- b.probe --
extend TCP NULL
match late m|^late|
  specificity 10
  example q|late|
  source made up
match b m|^b (\d+)|s p/B/ v/$1/ cpe:/a:x:b:$1/
example q|b 1\n| p/B/ v/1/ cpe:/a:x:b:1/
source RFC 1, section 1
example q=b 22\x00= p/B/ v/22/ cpe:/a:x:b:22/
source a capture
-- a.probe --
# comment
Probe TCP NULL q||
totalwaitms 6000
match a m|mid|i
unanchored the text stands anywhere
example q|a mid|
source made up

softmatch first m|^first|
specificity 90
example q|first|
source made up
-- README --
not read
`

func TestParseNative(t *testing.T) {
	f, err := ParseNative(archive(nativeSample))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range f.Probes[0].Signatures {
		got = append(got, s.Service+" "+s.Pos.String())
	}
	if want := "first a.probe:9:1, a a.probe:4:1, b b.probe:6:1, late b.probe:2:1"; strings.Join(got, ", ") != want {
		t.Errorf("signatures in the order %s, want %s", strings.Join(got, ", "), want)
	}
	a, b := f.Probes[0].Signatures[1], f.Probes[0].Signatures[2]
	if a.Unanchored != "the text stands anywhere" || a.Specificity != DefaultSpecificity {
		t.Errorf("signature a is %+v", a)
	}
	if len(b.Examples) != 2 {
		t.Fatalf("signature b is %+v", b)
	}
	e := b.Examples[1]
	want := map[Field][]string{Product: {"B"}, Version: {"22"}, CPE: {"a:x:b:22"}}
	if string(e.Reply) != "b 22\x00" || e.Source != "a capture" || !reflect.DeepEqual(e.Want, want) || e.Pos.Line != 9 {
		t.Errorf("example is %+v", e)
	}
}

func TestNativeOfNothing(t *testing.T) {
	f, err := ParseNative(fstest.MapFS{"README": &fstest.MapFile{Data: []byte("x")}})
	if err != nil || len(f.Probes) != 0 {
		t.Errorf("got %+v, %v", f, err)
	}
}

func FuzzParseNative(f *testing.F) {
	f.Add(nativeSample)
	f.Fuzz(func(t *testing.T, text string) {
		file, err := ParseNative(archive(text))
		if err != nil {
			return
		}
		for _, p := range file.Probes {
			last := 101
			for _, s := range p.Signatures {
				if s.Specificity > last || len(s.Examples) == 0 {
					t.Fatalf("%+v", s)
				}
				last = s.Specificity
			}
		}
	})
}
