package match

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"sonde/probefile"
)

// Draft makes a first signature for an answer, in the native dialect and with
// the answer as its example: a pattern of the part that tells most, in which
// numbers and names that are likely to differ elsewhere are left open. It is
// for a human to correct. Service may be empty; source says where the answer
// comes from.
func Draft(a Answer, service, source string) (*probefile.Signature, error) {
	if len(a.Reply) == 0 {
		return nil, fmt.Errorf("there is nothing in the answer to %s to recognise it by", a.Probe)
	}
	if service == "" {
		service = guessService(a.Reply)
	}
	d := drafter{pattern: []byte("^")}
	d.reply(a.Reply)
	s := d.signature(service)
	want, err := fieldsOf(a, s)
	if err != nil { // the reply is odder than it looks: only its own bytes are sure
		d = drafter{pattern: []byte("^")}
		d.bytes(a.Reply[:min(len(a.Reply), draftLine)])
		s = d.signature(service)
		if want, err = fieldsOf(a, s); err != nil {
			return nil, err
		}
	}
	s.Examples = []probefile.Example{{Reply: a.Reply, Want: want, Source: source}}
	return s, nil
}

// signature is what was written so far.
func (d *drafter) signature(service string) *probefile.Signature {
	s := &probefile.Signature{Service: service, Pattern: string(d.pattern), Templates: d.templates, Specificity: probefile.DefaultSpecificity}
	if d.product == "" {
		s.Soft, s.Specificity = true, 10 // no more than the protocol is known
	}
	return s
}

// fieldsOf is what a signature makes of an answer.
func fieldsOf(a Answer, s *probefile.Signature) (map[probefile.Field][]string, error) {
	p := &probefile.Probe{Protocol: a.Protocol, Name: a.Probe, Payload: []byte("x"), Signatures: []*probefile.Signature{s}}
	db, err := New(&probefile.File{Probes: []*probefile.Probe{p}})
	if err != nil {
		return nil, err
	}
	var r Result
	if !db.Match(db.Probes()[0], a.Reply, &r) {
		return nil, fmt.Errorf("no pattern was found for the answer to %s; the best try is %s", a.Probe, s.Pattern)
	}
	want := make(map[probefile.Field][]string)
	for f := probefile.Product; f < probefile.CPE; f++ {
		if v := *r.field(f); v != "" {
			want[f] = []string{v}
		}
	}
	return want, nil
}

// greetings tell services by how their replies begin.
var greetings = []struct {
	service string
	reply   *regexp.Regexp
}{
	{"http", regexp.MustCompile(`^HTTP/\d`)},
	{"ssh", regexp.MustCompile(`^SSH-\d`)},
	{"rtsp", regexp.MustCompile(`^RTSP/\d`)},
	{"sip", regexp.MustCompile(`^SIP/\d`)},
	{"smtp", regexp.MustCompile(`^220[ -][^\r\n]*(?i:smtp|mail)`)},
	{"ftp", regexp.MustCompile(`^220[ -]`)},
	{"pop3", regexp.MustCompile(`^\+OK `)},
	{"imap", regexp.MustCompile(`^\* OK `)},
	{"nntp", regexp.MustCompile(`^20[01] `)},
	{"vnc", regexp.MustCompile(`^RFB \d`)},
	{"telnet", regexp.MustCompile(`^\xff[\xfb-\xfe]`)},
	{"irc", regexp.MustCompile(`^:\S+ (?:NOTICE|\d\d\d) `)},
}

func guessService(reply []byte) string {
	for _, g := range greetings {
		if g.reply.Match(reply) {
			return g.service
		}
	}
	return "unknown"
}

// drafter writes a pattern.
type drafter struct {
	pattern   []byte
	templates []probefile.Template
	groups    int
	product   string
	hasHost   bool
	lineStart bool
}

// The parts of replies of some protocols that a pattern is made of.
var (
	httpStatus = regexp.MustCompile(`^(HTTP|RTSP|SIP)/\d\.\d \d\d\d `)
	httpServer = regexp.MustCompile(`(?i)\r\n(Server): ([^\r\n]+)\r\n`)
	sshVersion = regexp.MustCompile(`^SSH-\d\.\d+-`)
	htmlTitle  = regexp.MustCompile(`(?i)<title>([^<\r\n]+)</title>`)
)

// Bounds of what a pattern is made of, in bytes of the reply.
const (
	draftLine   = 200 // of a text
	draftBinary = 32  // of anything else
)

// reply chooses the part of a reply that tells most.
func (d *drafter) reply(reply []byte) {
	if version := sshVersion.Find(reply); version != nil {
		d.write(`SSH-[\d.]+-`)
		reply = reply[len(version):]
	}
	status := httpStatus.FindSubmatch(reply)
	head, _, _ := bytes.Cut(reply, []byte("\r\n\r\n"))
	server := httpServer.FindSubmatchIndex(reply[:min(len(reply), len(head)+2)])
	title := htmlTitle.FindSubmatchIndex(reply)
	switch {
	case status != nil && server != nil:
		d.write(string(status[1]) + `/\d\.\d \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?` + regexp.QuoteMeta(string(reply[server[2]:server[3]])) + ": ")
		d.text(reply[server[4]:server[5]])
		d.write(`\r\n`)
	case status != nil && title != nil:
		// A class that takes every byte: the title may be lines away.
		d.write(string(status[1]) + `/\d\.\d \d\d\d [\x00-\xff]*?` + regexp.QuoteMeta(string(reply[title[0]:title[0]+len("<title>")])))
		d.text(reply[title[2]:title[3]])
		d.write("<")
	case isText(reply) || string(d.pattern) != "^":
		line := reply
		if i := bytes.IndexAny(reply, "\r\n"); i >= 0 && i <= draftLine {
			line = reply[:i]
		}
		d.lineStart = true
		d.text(line[:min(len(line), draftLine)])
		if len(line) < len(reply) && len(line) <= draftLine {
			end := reply[len(line):min(len(reply), len(line)+2)]
			if end[0] == '\n' {
				end = end[:1]
			}
			d.bytes(end)
		}
	default:
		d.bytes(reply[:min(len(reply), draftBinary)])
	}
}

// isText tells whether the first line of a reply is one that people read.
func isText(reply []byte) bool {
	line := reply[:min(len(reply), draftLine)]
	if i := bytes.IndexAny(line, "\r\n"); i >= 0 {
		line = line[:i]
	}
	for _, c := range line {
		if !isPrint(c) && c != '\t' {
			return false
		}
	}
	return len(line) > 0
}

func (d *drafter) write(pattern string) { d.pattern = append(d.pattern, pattern...) }

// bytes writes what must stand there exactly.
func (d *drafter) bytes(b []byte) {
	for i, c := range b {
		switch {
		case c == '\r':
			d.write(`\r`)
		case c == '\n':
			d.write(`\n`)
		case c == '\t':
			d.write(`\t`)
		case c == 0 && (i+1 == len(b) || !isDigit(b[i+1])):
			d.write(`\0`)
		case !isPrint(c):
			d.write(fmt.Sprintf(`\x%02x`, c))
		case strings.IndexByte(`\.+*?()[]{}^$|`, c) >= 0:
			d.write(`\` + string(rune(c)))
		default:
			d.pattern = append(d.pattern, c)
		}
	}
}

// draftTokens are the parts of a text that are likely to differ elsewhere, each a
// group of the expression.
var draftTokens = regexp.MustCompile(`\b(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})\b` + // 1: an address
	`|(\d+(?:\.\d+)+[\w.]*)` + // 2: a version
	`|\b([a-zA-Z][\w-]*(?:\.[\w-]+)*\.[a-zA-Z]{2,})\b` + // 3: a host name
	`|\b((?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b)` + // 4
	`|(\d{2,})`) // 5: a number

// text writes a text and finds product, version and host name in it.
func (d *drafter) text(line []byte) {
	from := 0
	for _, t := range draftTokens.FindAllSubmatchIndex(line, -1) {
		lo, hi := t[0], t[1]
		if lo == 0 && hi == 3 && d.lineStart && t[10] >= 0 {
			continue // the code of a reply, such as 220
		}
		d.bytes(line[from:lo])
		last := from
		from = hi
		switch {
		case t[2] >= 0:
			d.write(`[\d.]+`)
		case t[4] >= 0:
			d.version(line[last:lo])
		case t[6] >= 0:
			d.host()
		case t[8] >= 0:
			d.write(`\w+`)
		default:
			d.write(`\d+`)
		}
	}
	d.bytes(line[from:])
	if d.product == "" {
		d.nameProduct(line[from:])
	}
}

// version leaves a version open, and takes the first one for the product's.
func (d *drafter) version(before []byte) {
	if d.product != "" || !d.nameProduct(before) {
		d.write(`\d[\w.]*`)
		return
	}
	d.write(`(\d[\w.]*)`)
	d.groups++
	d.templates = append(d.templates, probefile.Template{Field: probefile.Version, Text: fmt.Sprintf("$%d", d.groups)})
}

func (d *drafter) host() {
	if d.hasHost {
		d.write(`[\w.-]+`)
		return
	}
	d.write(`([\w.-]+)`)
	d.groups++
	d.hasHost = true
	d.templates = append(d.templates, probefile.Template{Field: probefile.Hostname, Text: fmt.Sprintf("$%d", d.groups)})
}

// productName is a name in front of a version or a slash: words that begin
// with a letter, the last ones of the text.
var productName = regexp.MustCompile(`(?:^|[^\w.-])([A-Za-z][\w+-]*(?: [A-Z][\w+-]*)*)[ /_(v-]*$`)

// notProducts are words of protocols, which name nobody's product.
var notProducts = regexp.MustCompile(`^(?i:http|ssh|smtp|esmtp|ftp|pop3|imap4?|rfb|ready|ok|service|server|version|welcome|to|the|hello|v)$`)

// nameProduct takes the name at the end of a text for the product's.
func (d *drafter) nameProduct(before []byte) bool {
	m := productName.FindSubmatch(bytes.TrimRight(before, " \t"))
	if m == nil {
		return false
	}
	name := strings.TrimRight(string(m[1]), "_-")
	words := strings.Fields(name)
	for len(words) > 0 && notProducts.MatchString(words[len(words)-1]) {
		words = words[:len(words)-1]
	}
	for len(words) > 0 && notProducts.MatchString(words[0]) {
		words = words[1:]
	}
	if len(words) == 0 {
		return false
	}
	d.product = strings.Join(words, " ")
	if len(d.product) > 70 {
		d.product = d.product[:70]
	}
	d.templates = append([]probefile.Template{{Field: probefile.Product, Text: strings.ReplaceAll(d.product, "$", "")}}, d.templates...)
	return true
}
