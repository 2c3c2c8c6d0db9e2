package probefile

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sonde/internal/needtest"
	"sonde/internal/regex"
	"sonde/portspec"
	"sonde/result"
)

const debianFile = "/usr/share/nmap/nmap-service-probes"

func debian(t testing.TB) []byte { return needtest.File(t, debianFile, "nmap-common") }

func TestParseDebianFile(t *testing.T) {
	f, err := Parse("nmap-service-probes", debian(t))
	if err != nil {
		t.Fatal(err)
	}
	hard, soft, tcp := 0, 0, 0
	for _, p := range f.Probes {
		if p.Protocol == result.TCP {
			tcp++
		}
		for _, s := range p.Signatures {
			if s.Soft {
				soft++
			} else {
				hard++
			}
		}
	}
	if len(f.Probes) != 148 || tcp != 100 || hard != 11721 || soft != 196 {
		t.Errorf("got %d probes (%d TCP), %d match and %d softmatch lines", len(f.Probes), tcp, hard, soft)
	}
	if got := f.Exclude.TCP.String(); got != "9100-9107" {
		t.Errorf("Exclude is %q", got)
	}
	if null := f.Probes[0]; !null.IsNull() || null.TotalWait != 6*time.Second || null.TCPWrapped != 3*time.Second {
		t.Errorf("NULL probe is %+v", null)
	}
	again, err := Parse("again", Format(f))
	if err != nil {
		t.Fatalf("parse what Format printed: %v", err)
	}
	if diff := difference(f, again); diff != "" {
		t.Error(diff)
	}
}

func TestParseEverything(t *testing.T) {
	f, err := Parse("x", []byte(`# a comment
Exclude 53,T:9100-9107,U:30000

Probe TCP NULL q||
totalwaitms 6000x
tcpwrappedms 3000
match ftp m|^220 .*FTP \(Version ([\d.]+)\)\r\n| p/Foo FTPd/ v/$1/ cpe:/a:foo:ftpd:$1/a cpe:|o:x:y|
softmatch ftp m=^220 .*FTP=is
Probe UDP Two q?\x00\0a\\\n\r\t|? junk no-payload
ports 53, 5353 ,100-200
ports 7
sslports 853
rarity 9
fallback  NULL , Two,
match a/b m1^x1 p//	d/x/abc p|last/wins|
`))
	if err != nil {
		t.Fatal(err)
	}
	if got := formatPorts(f.Exclude); got != "T:53,9100-9107,U:53,30000,S:53" {
		// A number before the first prefix excludes the port of every protocol.
		t.Errorf("Exclude is %q", got)
	}
	null, two := f.Probes[0], f.Probes[1]
	if null.TotalWait != 6*time.Second || null.TCPWrapped != 3*time.Second || null.Rarity != DefaultRarity {
		t.Errorf("NULL is %+v", null)
	}
	ftp, soft := null.Signatures[0], null.Signatures[1]
	if ftp.Service != "ftp" || ftp.Pattern != `^220 .*FTP \(Version ([\d.]+)\)\r\n` || ftp.Flags != 0 || ftp.Soft {
		t.Errorf("first signature is %+v", ftp)
	}
	if got, want := FormatSignature(ftp), `match ftp m|^220 .*FTP \(Version ([\d.]+)\)\r\n| p/Foo FTPd/ v/$1/ cpe:/a:foo:ftpd:$1/ cpe:/o:x:y/`; got != want {
		t.Errorf("first signature prints as\n%s\nwant\n%s", got, want)
	}
	if soft.Flags != regex.FoldCase|regex.DotAll || !soft.Soft || soft.Pos.String() != "x:8:1" {
		t.Errorf("second signature is %+v", soft)
	}
	if two.Protocol != result.UDP || string(two.Payload) != "\x00\x00a\\\n\r\t|" || !two.NoPayload || two.Rarity != 9 {
		t.Errorf("probe Two is %+v", two)
	}
	if two.Ports.String() != "7,53,100-200,5353" || two.SSLPorts.String() != "853" {
		t.Errorf("ports %v, sslports %v", two.Ports, two.SSLPorts)
	}
	if got := strings.Join(two.Fallback, "+"); got != "NULL+Two" {
		t.Errorf("fallback is %q", got)
	}
	if got := FormatSignature(two.Signatures[0]); got != `match a/b m|^x| p|last/wins| d/x/` {
		t.Errorf("last signature prints as %s", got)
	}
}

func TestExcludeNames(t *testing.T) {
	src := []byte("Exclude ftp\n")
	if _, err := Parse("x", src); err == nil {
		t.Error("a name was taken without a table of names")
	}
	f, err := ParseNamed("x", src, portspec.NewTable([]portspec.Entry{{Name: "ftp", Protocol: result.TCP, Port: 21}}))
	if err != nil {
		t.Fatal(err)
	}
	if !f.Exclude.TCP.Contains(21) {
		t.Errorf("Exclude is %+v", f.Exclude)
	}
}

// TestFaults reads files of cases divided by lines "====". A case is a faulty
// database, a line "----", and the error that it must give.
func TestFaults(t *testing.T) {
	files, err := filepath.Glob("testdata/faults-*.txt")
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range strings.Split(string(src), "\n====\n") {
			db, want, _ := strings.Cut(strings.TrimSuffix(c, "\n"), "\n----\n")
			text := strings.NewReplacer("<TAB>", "\t", "<CR>", "\r", "<NUL>", "\x00", "<A8000>", strings.Repeat("A", 8000)).Replace(db)
			var got error
			if strings.Contains(file, "native") {
				_, got = ParseNative(archive(text))
			} else {
				_, got = Parse("db", []byte(text+"\n"))
			}
			var syntax *SyntaxError
			if !errors.As(got, &syntax) || syntax.Error() != want {
				t.Errorf("%s:\n%s\ngives: %v\nwant:  %s", file, db, got, want)
			}
		}
	}
}

// TestTolerated holds what Nmap 7.93 was seen to load.
func TestTolerated(t *testing.T) {
	const probe = "Probe TCP NULL q||\n"
	for _, src := range []string{
		"", "# only a comment", "Exclude 1\n",
		probe + "match t m|^Z|",                // no line feed at the end
		"Probe TCP NULL q||\r\nports 5,6\r\n",  // CR is white space
		probe + "match t m|^Z| p/x/\r\n",       //
		probe + "match  m|^Z|\n",               // an empty service name
		probe + "match t m||\n",                // an empty pattern
		probe + "match t m|Z*|\n",              // a pattern that matches the empty text
		probe + "match t \tm|^Z|sisi \x0bv/1/", //
		probe + "match t m|^Z| p0x0abcd\n",     // any delimiter, any number of flags
		probe + "rarity  +5x\ntotalwaitms 100\ntcpwrappedms 300000\n",
		probe + "fallback nope\n", // without effect on the NULL probe
		probe + "Probe TCP x q|a|\nfallback nope\nfallback x\n",
		probe + "Probe TCP x q|a|\nfallback ,\n",
		probe + "Probe TCP x q|a|\nfallback " + strings.Repeat("x,", 17) + "\n",
		probe + "Probe TCP x q a no-payload\n", // a space as delimiter
		probe + "Probe TCP x q|a|junk\nProbe TCP x q|b|\nProbe UDP f|*- q|c|\n",
		probe + "ports 0\nports \t1,\t2\t\nports 1 -2\n",
		probe + "#" + strings.Repeat("x", MaxLine-2) + "\n",
	} {
		if _, err := Parse("x", []byte(src)); err != nil {
			t.Errorf("%q: %v", src, err)
		}
	}
}

func BenchmarkParseDebianFile(b *testing.B) {
	src := debian(b)
	b.SetBytes(int64(len(src)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("x", src); err != nil {
			b.Fatal(err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("Exclude T:1\nProbe TCP NULL q||\nmatch a m|^b|is p/c$1/ cpe:/a:b/\nfallback x\nports 1,2-3\nrarity 3\n"))
	f.Add([]byte("Probe UDP x q|\\x00\\\\| no-payload\ntotalwaitms 500\nsoftmatch a m=|=\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse("x", src)
		if err != nil {
			return
		}
		printed := Format(file)
		again, err := Parse("x", printed)
		if err != nil {
			if bytes.Count(printed, []byte("\n")) > 0 && strings.Contains(err.Error(), "line of more than") {
				return // escaping may lengthen a payload beyond the limit
			}
			t.Fatalf("%v in what Format printed:\n%s", err, printed)
		}
		if diff := difference(file, again); diff != "" {
			t.Fatalf("%s\n%s", diff, printed)
		}
	})
}
