package match

import (
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sonde/internal/needtest"
	"sonde/probefile"
	"sonde/result"
)

// templateCase is a match line, a reply that it matches, and what comes out:
// key and value of each field that is not empty, then "!" for each warning.
type templateCase struct{ line, reply, want string }

func a(n int) string { return strings.Repeat("a", n) }

// templateCases is what Nmap 7.93 makes of templates, see TestNmapAgrees.
var templateCases = []templateCase{
	// Literals and groups.
	{`m|^(Z)| p/plain \$1/ v/$1$1/ i/i/ h/h/ o/o/ d/d/`, "Z", `p=plain \Z v=ZZ i=i h=h o=o d=d`},
	{`m|^(Z)| p/x$10/`, "Z", `p=xZ0`},
	{`m|^(Z)| p/$0/ v/1/`, "Z", `v=1 !`},
	{`m|^(Z)| p/$2/ v/1/`, "Z", `v=1 !`},
	{`m|^(Q)?Z| p/x$1/ v/1/`, "Z", `v=1 !`},
	{`m|^()Z| p/x$1y/`, "Z", `p=xy`},
	{`m|^(Z)| p/a$/ v/1/`, "Z", `v=1 !`},
	{`m|^(Z)| p/$$1/ v/1/`, "Z", `v=1 !`},
	{`m|^(Z)| p/$Z(1)/ v/1/`, "Z", `v=1 !`},
	{`m|^(.*)|s p/x$1y/`, "ab\x00cd", `p=xaby`},
	{`m|^Z| p/one/ p/two/ v/1/ v//`, "Z", `p=two`},
	// Functions.
	{`m|^(.*)|s p/$P(1)/`, "a\x00b\x00\x80\x7f~ \n", `p=ab~`},
	{`m|^(Z)| p/$P(0x1junk)/ v/$P(01)/ i/$P( +1 )/`, "Z", `p=Z v=Z i=Z`},
	{`m|^(Z)| p/$P(1,2)/ v/$P("1")/ i/$P(-1)/ h/x/`, "Z", `h=x !!!`},
	{`m|^(.*)| p/$SUBST(1,"_",".")/ v/$SUBST(1,"a","")/`, "1_2_3a", `p=1.2.3a v=1_2_3`},
	{`m|^(.*)| p/$SUBST(1,"ZZ","a")/`, "ZZZ", `p=aZ`},
	{`m|^(.*)| p/x$SUBST(1,"Z","a\0b")c/ v/$SUBST(1,"\x5a","\"\\")/`, "Z", `p=xac v="\`},
	{`m|^(.*)|s p/$SUBST(1,"\0","-")/`, "ab\x00cd", `p=ab-cd`},
	{`m|^(.*)|s p/x$SUBST(1,"c","C")y/`, "ab\x00cd", `p=xaby`},
	{`m|^(.*)| p/$I(1,">")/ v/$I(1,"<")/`, "ab", `p=24930 v=25185`},
	{`m|^(.*)| p/$I(1,">")/`, "\xff\xff\xff\xff\xff\xff\xff\xff", `p=18446744073709551615`},
	{`m|^(.*)|s p/$I(1,">")/ v/1/`, "\x00\x00\x00\x00\x00\x00\x00\x00\x00", `v=1 !`},
	{`m|^()| p/$I(1,">")/ v/$I(1,"x")/`, "Z", `p=0 !`},
	// Length: up to 79 bytes, but 78 at the end of what is substituted.
	{`m|^(.*)| p/$1/ v/1/`, a(78), `p=` + a(78) + ` v=1`},
	{`m|^(.*)| p/$1/ v/1/`, a(79), `v=1 !`},
	{`m|^(.*)| p/$1x/ v/1/`, a(78), `p=` + a(78) + `x v=1`},
	{`m|^(.*)| p/$1x/ v/1/`, a(79), `v=1 !`},
	{`m|^(.*)| p/$P(1)/ v/1/`, a(79), `v=1 !`},
	{`m|^(.*)|s p/$P(1)/ v/1/`, a(78) + "\x00\x00", `p=` + a(78) + ` v=1`},
	{`m|^(.*)|s p/$1/ v/1/`, a(10) + "\x00" + a(90), `p=` + a(10) + ` v=1`},
	{`m|^(.*)| p/$SUBST(1,"a","bb")/ v/1/`, a(40), `v=1 !`},
	{`m|^(.*)| p/$SUBST(1,"aa","")b/ v/1/`, a(90), `p=b v=1`},
	{`m|^Z| p/` + a(79) + `/ v/1/`, "Z", `p=` + a(79) + ` v=1`},
	{`m|^Z| p/` + a(80) + `/ v/1/`, "Z", `v=1 !`},
	{`m|^()| p/` + a(78) + `$1/ v/1/`, "Z", `p=` + a(78) + ` v=1`},
	{`m|^()| p/` + a(79) + `$1/ v/1/`, "Z", `v=1 !`},
	{`m|^(.*)| p/` + a(76) + `$I(1,">")/ v/1/`, "a", `p=` + a(76) + `97 v=1`},
	{`m|^(.*)| p/` + a(77) + `$I(1,">")/ v/1/`, "a", `v=1 !`},
	{`m|^(.*)| i/$1/ v/1/`, a(254), `v=1 i=` + a(254)},
	{`m|^(.*)| i/$1/ v/1/`, a(255), `v=1 !`},
	{`m|^(.*)| i/` + a(255) + `/`, "Z", `i=` + a(255)},
	{`m|^(.*)| h/$1/ v/1/`, a(79), `v=1 !`},
	{`m|^(.*)| o/$1/ d/$1/`, a(30), `o=` + a(30) + ` d=` + a(30)},
	{`m|^(.*)| o/$1/ d/$1/ v/1/`, a(31), `v=1 !!`},
	{`m|^Z| o/` + a(31) + `/ d/` + a(32) + `/`, "Z", `o=` + a(31) + ` !`},
	// The end is trimmed, the beginning is not; what can't be printed becomes a dot.
	{"m|^Z| p/a , ,\t,/ v/, ,/ i/ , a/ h/b\x0b\x0c/", "Z", `p=a i= , a h=b`},
	{`m|^(.*)|s o/$1/`, "a , \x00bcd", `o=a`},
	{`m|^(.*)|s p/$1/`, "a\x01\xff\n", `p=a..`},
	{"m|^Z| p/ab\xa0/", "Z", `p=ab.`},
	// CPE.
	{`m|^Z| cpe:/o:e/ cpe:/a:b/ cpe:/h:Up:Down/ cpe:/a:c/`, "Z", `cpe:/a:c cpe:/h:Up:Down cpe:/o:e`},
	{`m|^(Z)| cpe:/a:b/ cpe:/a:$2/ cpe:/h:c/`, "Z", `cpe:/h:c !`},
	{`m|^(.*)|s cpe:/a:$1:x/`, "A b:/?#[]@!$&'()*", `cpe:/a:a_b%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A:x`},
	{`m|^(.*)|s cpe:/a:$1:x/`, "+,;=%<>\"-._~|\\^`{}\t", "cpe:/a:%2B%2C%3B%3D%25%3C%3E%22-._~|\\^`{}_:x"},
	{`m|^(.*)|s cpe:/a:$1:x/`, "\x01\x80\xc0AB", `cpe:/a:...ab:x`},
	{`m|^(.*)|s cpe:/a:$1:b/`, "a\x00B", `cpe:/a:a:b`},
	{`m|^(.*)|s cpe:/a:$P(1)/`, "a:B\x00", `cpe:/a:a%3Ab`},
	{`m|^(.*)| cpe:/$1:x/ p/k/`, "a", `p=k !`},
	{`m|^Z| cpe:/A:x/ cpe:/x:y/ cpe:// p/k/`, "Z", `p=k !!!`},
	{`m|^Z| cpe:/a:x:: ,/ cpe:|h|`, "Z", `cpe:/a:x:: cpe:/h`},
	{`m|^(.*)| cpe:/a:$1/ p/k/`, a(71), `p=k cpe:/a:` + a(71)},
	{`m|^(.*)| cpe:/a:$1/ p/k/`, a(72), `p=k !`},
	{`m|^(.*)| cpe:/a:$1/ p/k/`, strings.Repeat(":", 23), `p=k cpe:/a:` + strings.Repeat("%3A", 23)},
	{`m|^(.*)| cpe:/a:$1/ p/k/`, strings.Repeat(":", 24), `p=k !`},
	{`m|^Z| cpe:/a:` + a(72) + `/ cpe:/h:` + a(73) + `/`, "Z", `cpe:/a:` + a(72) + ` !`},
}

func describe(s result.Service, warnings int) string {
	var parts []string
	for _, f := range []struct{ key, value string }{
		{"p", s.Product}, {"v", s.Version}, {"i", s.Info}, {"h", s.Hostname}, {"o", s.OSType}, {"d", s.DeviceType},
	} {
		if f.value != "" {
			parts = append(parts, f.key+"="+f.value)
		}
	}
	parts = append(parts, s.CPE...)
	if warnings > 0 {
		parts = append(parts, strings.Repeat("!", warnings))
	}
	return strings.Join(parts, " ")
}

func TestTemplates(t *testing.T) {
	for _, c := range templateCases {
		db := load(t, "Probe TCP NULL q||\nmatch t "+c.line+"\n")
		var r Result
		if !db.Match(db.Null(), []byte(c.reply), &r) {
			t.Errorf("%s does not match %q", c.line, c.reply)
			continue
		}
		if got := describe(r.Service(), len(r.Warnings)); got != c.want {
			t.Errorf("%s with %q:\ngot  %s\nwant %s (%q)", c.line, c.reply, got, c.want, r.Warnings)
		}
	}
}

func TestWarning(t *testing.T) {
	db := load(t, "Probe TCP NULL q||\nmatch t m|^(Z)| p/$2/ v/$P(1,2)/ o/"+a(40)+"/\n")
	var r Result
	db.Match(db.Null(), []byte("Z"), &r)
	want := `db:2: product "$2": the pattern has no group 2
db:2: version "$P(1,2)": $P takes 1 arguments, not 2
db:2: os "` + a(40) + `": longer than 31 bytes`
	if got := strings.Join(r.Warnings, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestNmapAgrees runs the cases past Nmap: each is a server on loopback whose
// banner is the reply, behind a mark that tells the lines apart.
func TestNmapAgrees(t *testing.T) {
	nmap := needtest.Program(t, "nmap", "nmap")
	db := "Probe TCP NULL q||\ntotalwaitms 1000\n"
	var ports []string
	want := make(map[string]string)
	for i, c := range templateCases {
		mark := fmt.Sprintf("%03d", i)
		db += "match t " + strings.Replace(c.line, "m|^", "m|^"+mark, 1) + "\n"
		port := greet(t, mark+c.reply)
		ports = append(ports, port)
		want[port] = c.line + "\n" + strings.TrimRight(c.want, " !")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "db")
	if err := os.WriteFile(file, []byte(db), 0o666); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), nmap, "-n", "-Pn", "-sT", "-sV", "-T4", "--versiondb", file,
		"-p", strings.Join(ports, ","), "-oX", filepath.Join(dir, "xml"), "127.0.0.1").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found := readXML(t, filepath.Join(dir, "xml"))
	for port, want := range want {
		line, want, _ := strings.Cut(want, "\n")
		if got := found[port]; got != want {
			t.Errorf("%s:\nnmap says %s\nwant      %s", line, got, want)
		}
	}
}

// greet serves a banner on a port of loopback until the test ends.
func greet(t *testing.T, banner string) (port string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Write([]byte(banner))
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port
}

func readXML(t *testing.T, file string) map[string]string {
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Ports []struct {
			ID      string `xml:"portid,attr"`
			Service struct {
				Product  string   `xml:"product,attr"`
				Version  string   `xml:"version,attr"`
				Info     string   `xml:"extrainfo,attr"`
				Hostname string   `xml:"hostname,attr"`
				OS       string   `xml:"ostype,attr"`
				Device   string   `xml:"devicetype,attr"`
				CPE      []string `xml:"cpe"`
			} `xml:"service"`
		} `xml:"host>ports>port"`
	}
	if err := xml.Unmarshal(src, &doc); err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	for _, p := range doc.Ports {
		s := p.Service
		found[p.ID] = describe(result.Service{Product: s.Product, Version: s.Version, Info: s.Info, Hostname: s.Hostname,
			OSType: s.OS, DeviceType: s.Device, CPE: s.CPE}, 0)
	}
	return found
}

func FuzzExpand(f *testing.F) {
	f.Add("a$1$P(2)$SUBST(1,\"l\",\"L\")", uint8(0), []byte("hello world"))
	f.Add("a:$1:$I(2,\">\")", uint8(6), []byte("x \x00\xff"))
	f.Fuzz(func(t *testing.T, text string, field uint8, reply []byte) {
		s := &probefile.Signature{Service: "s", Pattern: `^(\S*) ?(.*)`, Templates: []probefile.Template{{Field: probefile.Field(field % 7), Text: text}}}
		db, err := New(&probefile.File{Probes: []*probefile.Probe{{Signatures: []*probefile.Signature{s}}}})
		if err != nil {
			t.Fatal(err)
		}
		var r Result
		if !db.Match(db.Null(), reply, &r) {
			t.Fatal("no match")
		}
		out := r.Service()
		for _, v := range append(out.CPE, out.Product, out.Version, out.Info, out.Hostname, out.OSType, out.DeviceType) {
			if len(v) >= room[field%7] || strings.Trim(v, " ,") == "" && v != "" {
				t.Errorf("%q is %q", text, v)
			}
		}
	})
}
