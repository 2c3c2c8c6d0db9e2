package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"sonde/result"
)

// creators are all ways to make a writer.
func creators() map[string]func(io.Writer, Options) Writer {
	all := map[string]func(io.Writer, Options) Writer{"interactive": NewInteractive}
	for _, f := range Formats() {
		all[f.Name] = f.New
	}
	return all
}

var errFull = errors.New("no space left")

// smallDisk takes so many bytes.
type smallDisk struct{ left int }

func (d *smallDisk) Write(p []byte) (int, error) {
	if len(p) > d.left {
		n := d.left
		d.left = 0
		return n, errFull
	}
	d.left -= len(p)
	return len(p), nil
}

// An error of the stream comes back from the very event that met it, and
// from all calls after it.
func TestStreamErrors(t *testing.T) {
	s := verboseScan()
	for name, create := range creators() {
		size := len(document(t, create, s.opts, s.events...))
		for _, room := range []int{0, 1, size / 2, size - 1} {
			w := create(&smallDisk{room}, s.opts)
			var failed bool
			for _, ev := range s.events {
				err := w.Write(ev)
				if failed && !errors.Is(err, errFull) {
					t.Errorf("%s, %d bytes: the error is forgotten", name, room)
				}
				failed = failed || err != nil
			}
			if err := w.Close(); !errors.Is(err, errFull) {
				t.Errorf("%s, %d bytes: Close: %v", name, room, err)
			}
			if !failed {
				t.Errorf("%s, %d bytes: no event met the error", name, room)
			}
		}
	}
}

// Each event is on the stream when Write returns, in one piece of whole lines.
func TestEventsArriveAtOnce(t *testing.T) {
	s := verboseScan()
	for name, create := range creators() {
		var stream pieces
		w := create(&stream, s.opts)
		for _, ev := range s.events {
			stream.count = 0
			if err := w.Write(ev); err != nil {
				t.Fatal(err)
			}
			if stream.count > 1 {
				t.Errorf("%s: %T went out in %d pieces", name, ev, stream.count)
			}
		}
		whole := stream.Len()
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if stream.Len() != whole {
			t.Errorf("%s: Close after ScanDone added %q", name, stream.Bytes()[whole:])
		}
	}
}

type pieces struct {
	bytes.Buffer
	count int
}

func (p *pieces) Write(b []byte) (int, error) {
	p.count++
	return p.Buffer.Write(b)
}

// A host with very many ports does not wait in memory for its end.
func TestLargeHost(t *testing.T) {
	h := result.Host{Addr: addr("127.0.0.1"), State: result.HostUp, Scanned: true, Ports: ports(1, 65535, result.Open, result.ReasonSynAck)}
	var stream pieces
	w := NewXML(&stream, Options{})
	for _, ev := range []result.Event{result.ScanStarted{}, result.HostDone{Host: h}, result.ScanDone{}} {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
	}
	if stream.count < 10 {
		t.Errorf("%d bytes went out in %d pieces", stream.Len(), stream.count)
	}
	if got := bytes.Count(stream.Bytes(), []byte("<port ")); got != 65535 {
		t.Errorf("%d ports", got)
	}
}

// JSON Lines are valid after every event, also in the hour of death.
func TestKilledJSONL(t *testing.T) {
	s := nameScan()
	var b bytes.Buffer
	w := NewJSONL(&b, s.opts)
	for _, ev := range s.events {
		if err := w.Write(ev); err != nil {
			t.Fatal(err)
		}
		if !bytes.HasSuffix(b.Bytes(), []byte("}\n")) {
			t.Errorf("after %T: ends in %q", ev, b.Bytes()[max(0, b.Len()-10):])
		}
		for line := range bytes.Lines(b.Bytes()) {
			if !json.Valid(line) {
				t.Errorf("after %T: %s", ev, line)
			}
		}
	}
}

// Close without a ScanDone completes the documents that have an end.
func TestCancelled(t *testing.T) {
	s := verboseScan()
	for n := range len(s.events) {
		doc := document(t, NewJSON, s.opts, s.events[:n]...)
		if n > 0 && !json.Valid(doc) {
			t.Errorf("JSON after %d events:\n%s", n, doc)
		}
		if doc := document(t, NewXML, s.opts, s.events[:n]...); n > 0 && !strings.HasSuffix(string(doc), "</nmaprun>\n") {
			t.Errorf("XML after %d events:\n%s", n, doc)
		}
	}
	for name, create := range creators() {
		if doc := document(t, create, s.opts); len(doc) != 0 {
			t.Errorf("%s without an event: %q", name, doc)
		}
	}
}

func TestFormats(t *testing.T) {
	var names, extensions []string
	for _, f := range Formats() {
		names = append(names, f.Name+f.Flag)
		extensions = append(extensions, f.Extension)
		if f.Help == "" {
			t.Errorf("%s has no help", f.Name)
		}
	}
	if want := []string{"normal-oN", "xml-oX", "grepable-oG", "json-oJ", "jsonl-oL"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
	if want := []string{".nmap", ".xml", ".gnmap", "", ""}; !slices.Equal(extensions, want) {
		t.Errorf("got %v, want %v", extensions, want)
	}
}

// Notes for a terminal that depend on how the scan was asked for.
func TestSeemsDown(t *testing.T) {
	const note = "Note: Host seems down."
	down := result.ScanDone{Hosts: result.HostCounts{Down: 1, Total: 1}}
	for _, tt := range []struct {
		name string
		o    Options
		ev   result.ScanDone
		want bool
	}{
		{"one host", Options{}, down, true},
		{"-Pn", Options{SkipDiscovery: true}, down, false},
		{"-sL", Options{ListScan: true}, down, false},
		{"two hosts", Options{}, result.ScanDone{Hosts: result.HostCounts{Down: 2, Total: 2}}, false},
		{"none", Options{}, result.ScanDone{}, false},
		{"up", Options{}, result.ScanDone{Hosts: result.HostCounts{Up: 1, Total: 1}}, false},
	} {
		if got := strings.Contains(string(document(t, NewInteractive, tt.o, tt.ev)), note); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
		if strings.Contains(string(document(t, NewNormal, tt.o, result.ScanStarted{}, tt.ev)), note) {
			t.Errorf("%s: the log has the note", tt.name)
		}
	}
}

func TestDataFiles(t *testing.T) {
	a, b := DataDir{"/a", []string{"nmap-services", "nmap-rpc"}}, DataDir{"/b", []string{"x"}}
	for _, tt := range []struct {
		o    Options
		want string
	}{
		{Options{Data: []DataDir{a}}, ""},
		{Options{Verbose: 1}, ""},
		{Options{Verbose: 1, Data: []DataDir{a}}, "Read data files from: /a\n"},
		{Options{Verbose: 1, Data: []DataDir{a, b}}, "Read from /a: nmap-services nmap-rpc.\nRead from /b: x.\n"},
		{Options{Verbose: 1, Debug: 1, Data: []DataDir{b}}, "Read from /b: x.\n"},
		{Options{Verbose: 1, Debug: 1}, "No data files read.\n"},
	} {
		doc := string(document(t, NewInteractive, tt.o, result.ScanDone{}))
		_, doc, _ = strings.Cut(doc, "\n")
		got, _, _ := strings.Cut(doc, "Nmap done")
		if got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.o, got, tt.want)
		}
	}
}
