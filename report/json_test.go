package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"sonde/result"
)

// schema is a JSON Schema, as far as ours makes use of it.
type schema struct {
	Ref        string `json:"$ref"`
	Type       string
	Enum       []any
	Required   []string
	Properties map[string]*schema
	Additional *bool `json:"additionalProperties"`
	Items      *schema
	Minimum    *float64
	Maximum    *float64
	Format     string
	OneOf      []*schema
	Defs       map[string]*schema `json:"$defs"`
}

func readSchema(t testing.TB) *schema {
	t.Helper()
	text, err := os.ReadFile("../docs/formats/sonde.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return &s
}

// faults lists where a value breaks s; defs are the definitions that s refers to.
func (s *schema) faults(at string, v any, defs map[string]*schema) (list []string) {
	complain := func(format string, args ...any) { list = append(list, at+": "+fmt.Sprintf(format, args...)) }
	if name, ok := strings.CutPrefix(s.Ref, "#/$defs/"); ok {
		return defs[name].faults(at, v, defs)
	}
	if s.OneOf != nil {
		fits := 0
		for _, one := range s.OneOf {
			if len(one.faults(at, v, defs)) == 0 {
				fits++
			}
		}
		if fits != 1 {
			complain("fits %d forms, not one", fits)
		}
		return list
	}
	if s.Enum != nil && !slices.Contains(s.Enum, v) {
		complain("%v is none of %v", v, s.Enum)
	}
	switch v := v.(type) {
	case map[string]any:
		for _, name := range s.Required {
			if _, ok := v[name]; !ok {
				complain("%s is missing", name)
			}
		}
		for name, member := range v {
			if p := s.Properties[name]; p != nil {
				list = append(list, p.faults(at+"."+name, member, defs)...)
			} else if s.Additional != nil {
				complain("%s is too much", name)
			}
		}
	case []any:
		for i, item := range v {
			list = append(list, s.Items.faults(fmt.Sprintf("%s[%d]", at, i), item, defs)...)
		}
	case float64:
		if s.Type == "integer" && v != math.Trunc(v) || s.Minimum != nil && v < *s.Minimum || s.Maximum != nil && v > *s.Maximum {
			complain("%v is out of range", v)
		}
	case string:
		if _, err := time.Parse(time.RFC3339, v); s.Format == "date-time" && err != nil {
			complain("%v", err)
		}
	}
	if s.Type != "" && s.Type != typeOf(v) && !(s.Type == "integer" && typeOf(v) == "number") {
		complain("is %s, not %s", typeOf(v), s.Type)
	}
	return list
}

func typeOf(v any) string {
	switch v.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case float64:
		return "number"
	case string:
		return "string"
	case bool:
		return "boolean"
	}
	return "null"
}

func TestSchemaRejects(t *testing.T) {
	s, text := readSchema(t), document(t, NewJSON, versionScan().opts, versionScan().events...)
	for name, spoil := range map[string]func(map[string]any){
		"missing member": func(doc map[string]any) { delete(doc, "exit") },
		"wrong type":     func(doc map[string]any) { doc["elapsed"] = "1" },
		"unknown value":  func(doc map[string]any) { doc["exit"] = "maybe" },
		"new member":     func(doc map[string]any) { doc["surprise"] = true },
		"deep inside":    func(doc map[string]any) { doc["hosts"].([]any)[0].(map[string]any)["state"] = 3.0 },
	} {
		var doc map[string]any
		if err := json.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		if spoil(doc); len(s.faults("", doc, s.Defs)) == 0 {
			t.Errorf("%s is not noticed", name)
		}
	}
}

func TestJSONFollowsSchema(t *testing.T) {
	s := readSchema(t)
	event := s.Defs["event"]
	for name, sc := range scans() {
		var doc any
		if err := json.Unmarshal(document(t, NewJSON, sc.opts, sc.events...), &doc); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, fault := range s.faults(name, doc, s.Defs) {
			t.Error(fault)
		}
		for line := range bytes.Lines(document(t, NewJSONL, sc.opts, sc.events...)) {
			var ev any
			if err := json.Unmarshal(line, &ev); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, fault := range event.faults(name, ev, s.Defs) {
				t.Errorf("%s in %s", fault, line)
			}
		}
	}
}

// Ports that differ in their number only are counted, the others listed.
func TestJSONOtherPorts(t *testing.T) {
	list := join(ports(1, 30, result.Closed, result.ReasonReset), ports(31, 40, result.Filtered, result.ReasonNoResponse))
	list[4].State = result.Open
	list[9].Scripts = []result.ScriptOutput{{ID: "s", Text: "t"}}
	list[14].ReasonFrom = addr("192.0.2.1")
	list[19].Service = &result.Service{Name: "x", Method: result.MethodProbed}
	list[24].Service = tableService("y")
	h := hostOf(&result.Host{Addr: addr("::1"), Ports: list})
	var listed []uint16
	for _, p := range h.Ports {
		listed = append(listed, p.Port)
	}
	if want := []uint16{5, 10, 15, 20}; !slices.Equal(listed, want) {
		t.Errorf("listed %v, want %v", listed, want)
	}
	want := []jsonOtherPorts{{"tcp", "closed", "reset", 26, "1-4,6-9,11-14,16-19,21-30"}, {"tcp", "filtered", "no-response", 10, "31-40"}}
	if !slices.Equal(h.Others, want) {
		t.Errorf("others %v, want %v", h.Others, want)
	}
}

func TestJSONSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0", time.Second: "1", 1500 * time.Millisecond: "1.5", 30 * time.Microsecond: "0.00003", 1: "0.000000001",
		time.Hour + 10*time.Millisecond: "3600.01", -2500 * time.Millisecond: "-2.5"} {
		if got := string(appendNanos(nil, d)); got != want {
			t.Errorf("%d: got %s, want %s", d, got, want)
		}
	}
}

// Any bytes and numbers in any field make valid lines, one per event, that a
// terminal can show.
func FuzzJSONL(f *testing.F) {
	f.Add("plain", int64(0), 0.5, uint16(80), byte(1))
	f.Add("\x1b[0m\x00\xff\u2028\u202e\U000e0001</script>", int64(-1), math.NaN(), uint16(65535), byte(255))
	f.Add("\"\\\n\r", int64(math.MaxInt64), math.Inf(1), uint16(0), byte(6))
	f.Add("\ufffd\u0080é", int64(math.MinInt64), -1e300, uint16(1), byte(2))
	schema := readSchema(f)
	f.Fuzz(func(t *testing.T, text string, n int64, x float64, port uint16, small byte) {
		at, d := time.Unix(n, n%1e9), time.Duration(n)
		service := result.Service{Name: text, Product: text, Version: text, Info: text, Hostname: text, OSType: text, DeviceType: text, CPE: []string{text},
			Method: result.MethodProbed, Fingerprint: text, TLS: &result.TLS{ALPN: text, Certificate: &result.Certificate{Subject: text, SubjectAltNames: []string{text}, NotAfter: at}},
			RPC:      []result.RPCBinding{{Program: 100003, Name: text, Version: 3, Network: "tcp", Address: text, Port: 2049, Owner: text}},
			Evidence: &result.Evidence{Probe: text, Elapsed: d}}
		p := result.Port{Number: port, State: result.PortState(small % 6), Reason: result.Reason(small), Service: &service,
			Scripts: []result.ScriptOutput{{ID: text, Text: text, Data: []result.ScriptItem{{Key: text, Table: true, Items: []result.ScriptItem{{Text: text}}}}}}}
		host := result.Host{Addr: addr("::1"), Name: text, PTR: text, Vendor: text, Start: at, Ports: []result.Port{p}, Times: &result.Times{SRTT: d}}
		events := []result.Event{
			result.ScanStarted{Time: at, Scans: []result.ScanInfo{{Type: text, Flags: text, Ports: text}}},
			result.TaskStarted{Time: at, Task: text, What: text}, result.TaskProgress{Time: at, Task: text, Percent: x, Remaining: d},
			result.TaskEnded{Time: at, Task: text, Took: d, Extra: text}, result.TargetSkipped{Time: at, Spec: text, Reason: text},
			result.HostFound{Time: at, Host: host}, result.PortFound{Time: at, Addr: addr("192.0.2.1"), Port: p}, result.ServiceFound{Time: at, Addr: addr("::1"), Number: port, Service: service},
			result.Notice{Time: at, Level: result.Level(small % 4), Topic: text, Text: text}, result.HostDone{Time: at, Host: host}, result.ScanDone{Time: at, Elapsed: d, Err: text},
		}
		doc := document(t, NewJSONL, Options{Args: []string{text}, Version: text}, events...)
		if lines := bytes.Count(doc, []byte("\n")); lines != len(events) {
			t.Errorf("%d lines for %d events", lines, len(events))
		}
		for line := range bytes.Lines(doc) {
			var ev any
			if err := json.Unmarshal(line, &ev); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			for _, fault := range schema.Defs["event"].faults("", ev, schema.Defs) {
				t.Errorf("%s in %s", fault, line)
			}
			for _, r := range string(line) {
				if r != '\n' && !unicode.IsPrint(r) {
					t.Fatalf("%q in %s", r, line)
				}
			}
		}
		if whole := document(t, NewJSON, Options{Args: []string{text}}, events...); !json.Valid(whole) {
			t.Errorf("invalid document: %s", whole)
		}
	})
}
