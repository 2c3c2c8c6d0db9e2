package report

import (
	"net/netip"
	"time"

	"sonde/result"
)

// The types of this file are the JSON forms of the data of package result, as
// docs/formats describes them. They stand apart from it so that a renamed
// field of the program renames nothing in documents. Durations are seconds.

// formatVersion changes when a reader of older documents could misread a new one.
const formatVersion = 1

type jsonTool struct {
	Format        string   `json:"format"`
	FormatVersion int      `json:"format_version"`
	Tool          string   `json:"tool"`
	Version       string   `json:"version"`
	Args          []string `json:"args"`
	Start         jsonTime `json:"start"`
}

type jsonScan struct {
	Type     string `json:"type"`
	Flags    string `json:"flags,omitempty"`
	Protocol string `json:"protocol"`
	Count    int    `json:"count"`
	Ports    string `json:"ports"`
}

type jsonHost struct {
	Address  string           `json:"address"`
	Name     string           `json:"name,omitempty"`
	PTR      string           `json:"ptr,omitempty"`
	Other    []netip.Addr     `json:"other_addresses,omitempty"`
	State    string           `json:"state"`
	Reason   string           `json:"reason"`
	TTL      uint8            `json:"reason_ttl,omitempty"`
	MAC      string           `json:"mac,omitempty"`
	Vendor   string           `json:"vendor,omitempty"`
	Start    jsonTime         `json:"start,omitzero"`
	End      jsonTime         `json:"end,omitzero"`
	TimedOut bool             `json:"timed_out,omitempty"`
	Ports    []jsonPort       `json:"ports,omitempty"`
	Others   []jsonOtherPorts `json:"other_ports,omitempty"`
	Scripts  []jsonScript     `json:"scripts,omitempty"`
	Times    *jsonTimes       `json:"round_trip,omitempty"`
}

type jsonPort struct {
	Protocol string       `json:"protocol"`
	Port     uint16       `json:"port"`
	State    string       `json:"state"`
	Reason   string       `json:"reason"`
	TTL      uint8        `json:"reason_ttl,omitempty"`
	From     string       `json:"reason_from,omitempty"`
	Service  *jsonService `json:"service,omitempty"`
	Scripts  []jsonScript `json:"scripts,omitempty"`
}

type jsonOtherPorts struct {
	Protocol string `json:"protocol"`
	State    string `json:"state"`
	Reason   string `json:"reason"`
	Count    int    `json:"count"`
	Ports    string `json:"ports"`
}

type jsonService struct {
	Name        string        `json:"name,omitempty"`
	Product     string        `json:"product,omitempty"`
	Version     string        `json:"version,omitempty"`
	Info        string        `json:"info,omitempty"`
	Hostname    string        `json:"hostname,omitempty"`
	OS          string        `json:"os,omitempty"`
	Device      string        `json:"device,omitempty"`
	CPE         []string      `json:"cpe,omitempty"`
	Method      string        `json:"method"`
	Confidence  int           `json:"confidence"`
	Soft        bool          `json:"soft,omitempty"`
	Tunnel      string        `json:"tunnel,omitempty"`
	TLS         *jsonTLS      `json:"tls,omitempty"`
	Fingerprint string        `json:"fingerprint,omitempty"`
	RPC         []jsonRPC     `json:"rpc_bindings,omitempty"`
	Evidence    *jsonEvidence `json:"evidence,omitempty"`
}

// jsonRPC is a line in the list of a portmapper.
type jsonRPC struct {
	Program uint32 `json:"program"`
	Name    string `json:"name,omitempty"`
	Version uint32 `json:"version"`
	Network string `json:"network"`
	Address string `json:"address,omitempty"`
	Port    uint16 `json:"port,omitempty"`
	Owner   string `json:"owner,omitempty"`
}

type jsonTLS struct {
	Version     string           `json:"version,omitempty"`
	Cipher      string           `json:"cipher,omitempty"`
	ALPN        string           `json:"alpn,omitempty"`
	ServerName  string           `json:"server_name,omitempty"`
	Certificate *jsonCertificate `json:"certificate,omitempty"`
}

type jsonCertificate struct {
	Subject   string   `json:"subject,omitempty"`
	Issuer    string   `json:"issuer,omitempty"`
	Names     []string `json:"names,omitempty"`
	NotBefore jsonTime `json:"not_before,omitzero"`
	NotAfter  jsonTime `json:"not_after,omitzero"`
	PublicKey string   `json:"public_key,omitempty"`
	Signature string   `json:"signature,omitempty"`
	Serial    string   `json:"serial,omitempty"`
	SHA256    string   `json:"sha256,omitempty"`
}

type jsonEvidence struct {
	Probe     string      `json:"probe,omitempty"`
	Table     string      `json:"table,omitempty"`
	Signature string      `json:"signature,omitempty"`
	Elapsed   jsonSeconds `json:"elapsed"`
}

type jsonTimes struct {
	SRTT    jsonSeconds `json:"srtt"`
	RTTVar  jsonSeconds `json:"rttvar"`
	Timeout jsonSeconds `json:"timeout"`
}

type jsonScript struct {
	ID   string     `json:"id"`
	Text string     `json:"text"`
	Data []jsonItem `json:"data,omitempty"`
}

type jsonItem struct {
	Key   string      `json:"key,omitempty"`
	Text  *string     `json:"text,omitempty"`
	Items *[]jsonItem `json:"items,omitempty"`
}

type jsonSkipped struct {
	Time    jsonTime `json:"time"`
	Target  string   `json:"target"`
	Reason  string   `json:"reason"`
	Invalid bool     `json:"invalid"`
}

type jsonNotice struct {
	Time  jsonTime `json:"time"`
	Level string   `json:"level"`
	Topic string   `json:"topic,omitempty"`
	Text  string   `json:"text"`
}

type jsonCounts struct {
	Up    int `json:"up"`
	Down  int `json:"down"`
	Total int `json:"total"`
}

type jsonTraffic struct {
	Sent          uint64 `json:"sent"`
	SentBytes     uint64 `json:"sent_bytes"`
	Received      uint64 `json:"received"`
	ReceivedBytes uint64 `json:"received_bytes"`
}

type jsonEnd struct {
	Elapsed jsonSeconds  `json:"elapsed"`
	Counts  jsonCounts   `json:"counts"`
	Raw     *jsonTraffic `json:"raw_packets,omitempty"`
	Exit    string       `json:"exit"`
	Error   string       `json:"error,omitempty"`
}

// jsonTime is an instant in UTC (RFC 3339).
type jsonTime struct{ time.Time }

// MarshalJSON writes an instant that RFC 3339 cannot hold as the nearest one it can.
func (t jsonTime) MarshalJSON() ([]byte, error) {
	u := t.UTC()
	switch {
	case u.Year() < 0:
		u = time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case u.Year() > 9999:
		u = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	return append(u.AppendFormat([]byte{'"'}, time.RFC3339Nano), '"'), nil
}

// jsonSeconds is a duration in seconds.
type jsonSeconds time.Duration

// MarshalJSON writes the seconds as a number.
func (d jsonSeconds) MarshalJSON() ([]byte, error) {
	return appendNanos(nil, time.Duration(d)), nil
}

func instant(t time.Time) jsonTime { return jsonTime{t} }

func countsOf(c result.HostCounts) jsonCounts { return jsonCounts{c.Up, c.Total - c.Up, c.Total} }
