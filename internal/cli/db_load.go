package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sonde/internal/data"
	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// database is a probe database as the tools see it.
type database struct {
	*match.DB
	file   *probefile.File
	native bool   // it has examples
	name   string // for people
}

const nmapProbes = "nmap-service-probes"

// openDB reads the database that the options choose.
func openDB(a *dbArgs) (*database, error) {
	d := &database{name: a.versionDB}
	if d.name == "" && a.dataDir != "" {
		if _, err := os.Stat(a.dataDir); err != nil {
			return nil, err
		}
		if name := filepath.Join(a.dataDir, nmapProbes); exists(name) {
			d.name = name
		}
	}
	var err error
	switch info, statErr := os.Stat(d.name); {
	case d.name == "":
		d.name, d.native = "the embedded database", true
		d.file, err = probefile.ParseNative(data.Probes())
	case statErr != nil:
		return nil, statErr
	case info.IsDir():
		d.native = true
		d.file, err = probefile.ParseNative(os.DirFS(d.name))
		if err == nil && len(d.file.Probes) == 0 {
			err = fmt.Errorf("%s: the folder has no .probe files", d.name)
		}
	case filepath.Ext(d.name) == ".probe":
		d.native = true
		d.file, err = addedTo(data.Probes(), d.name)
	default:
		var src []byte
		if src, err = os.ReadFile(d.name); err == nil {
			d.file, err = probefile.Parse(d.name, src)
		}
	}
	if err != nil {
		return nil, err
	}
	d.DB, err = match.New(d.file)
	return d, err
}

func exists(name string) bool { _, err := os.Stat(name); return err == nil }

// addedTo reads native files with one more, which replaces the one of its name.
func addedTo(files fs.FS, name string) (*probefile.File, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return probefile.ParseNative(overlay{files, filepath.Base(name), src})
}

// overlay is a folder of files in which one more lies.
type overlay struct {
	fs.FS
	name string
	src  []byte
}

// ReadDir lists the folder, with the file.
func (o overlay) ReadDir(dir string) ([]fs.DirEntry, error) {
	entries, err := fs.ReadDir(o.FS, dir)
	if err != nil || slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == o.name }) {
		return entries, err
	}
	return append(entries, overlayEntry(o.name)), nil
}

// ReadFile reads a file of the folder, or the one more.
func (o overlay) ReadFile(name string) ([]byte, error) {
	if name == o.name {
		return bytes.Clone(o.src), nil
	}
	return fs.ReadFile(o.FS, name)
}

// overlayEntry is the name of the one more file.
type overlayEntry string

func (e overlayEntry) Name() string               { return string(e) }
func (e overlayEntry) IsDir() bool                { return false }
func (e overlayEntry) Type() fs.FileMode          { return 0 }
func (e overlayEntry) Info() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }

// probe finds a probe by "NAME" or "PROTO/NAME".
func (d *database) probe(text string) (*match.Probe, error) {
	protocols := []result.Protocol{result.TCP, result.UDP}
	proto, name, ok := strings.Cut(text, "/")
	switch {
	case !ok:
		name = text
	case strings.EqualFold(proto, "tcp"):
		protocols = protocols[:1]
	case strings.EqualFold(proto, "udp"):
		protocols = protocols[1:]
	default:
		return nil, meaningFault("probe %s: the protocol is tcp or udp", quoted(text))
	}
	for _, protocol := range protocols {
		if p := d.Probe(protocol, name); p != nil {
			return p, nil
		}
	}
	if name == "NULL" && d.Null() != nil {
		return d.Null(), nil
	}
	return nil, meaningFault("there is no probe %s in %s", quoted(text), d.name)
}

// maxReply bounds what is read of a file of replies, in bytes.
const maxReply = 4 << 20

// readAnswers reads the replies that a tool works on.
func (v *invocation) readAnswers(a *dbArgs) ([]match.Answer, error) {
	in := v.stdin
	if a.file != "" && a.file != "-" {
		f, err := os.Open(a.file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, maxReply+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read the reply: %w", err)
	case len(b) > maxReply:
		return nil, fmt.Errorf("the reply has more than %d bytes", maxReply)
	case len(b) == 0:
		return nil, errors.New("the reply is empty")
	}
	form := a.form
	if form == formSeen {
		form = seenForm(b)
	}
	var answers []match.Answer
	switch form {
	case formFingerprint:
		answers, err = match.ParseFingerprint(string(b))
	case formTranscript:
		answers, err = match.ParseTranscript(string(b))
	default:
		if isCapture(b) {
			return nil, meaningFault("a packet capture is not read; give the bytes of the reply, or --as bytes")
		}
		return []match.Answer{{Reply: b}}, nil
	}
	if err == nil && len(answers) == 0 {
		err = fmt.Errorf("there is no reply in the %s", formNames[form])
	}
	return answers, err
}

func seenForm(b []byte) replyForm {
	switch text := string(b); {
	case match.IsFingerprint(text):
		return formFingerprint
	case match.IsTranscript(text):
		return formTranscript
	}
	return formBytes
}

// isCapture recognises pcap and pcapng files by their first bytes.
func isCapture(b []byte) bool {
	for _, magic := range []string{"\xd4\xc3\xb2\xa1", "\xa1\xb2\xc3\xd4", "\x4d\x3c\xb2\xa1", "\xa1\xb2\x3c\x4d", "\x0a\x0d\x0d\x0a"} {
		if bytes.HasPrefix(b, []byte(magic)) {
			return true
		}
	}
	return false
}
