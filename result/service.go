package result

import "time"

// Method says where a service's name comes from.
type Method uint8

// The methods of nmap.dtd.
const (
	MethodTable  Method = iota // the port number's usual name
	MethodProbed               // the service's own answers
)

// String is "table" or "probed".
func (m Method) String() string {
	if m == MethodProbed {
		return "probed"
	}
	return "table"
}

// Tunnel is what a service was reached through.
type Tunnel uint8

// The tunnels. nmap.dtd knows "ssl" only, for TLS and DTLS alike.
const (
	TunnelNone Tunnel = iota
	TunnelTLS
)

// String is "ssl", or empty for no tunnel.
func (t Tunnel) String() string {
	if t == TunnelTLS {
		return "ssl"
	}
	return ""
}

// The confidence values that scanners print (nmap.dtd allows 0 to 10).
const (
	ConfidenceTable   = 3  // the name is that of the port number
	ConfidenceWrapped = 8  // the connection is closed before a word is said
	ConfidenceMatched = 10 // the service's answer matched a signature
)

// Service is what is known of the program behind a port. Texts are as the
// service sent them with every byte outside 0x20–0x7e replaced by a dot; an
// empty text is unknown.
type Service struct {
	Name       string // such as "http"; "tcpwrapped" if wrapped; empty if unknown
	Product    string
	Version    string
	Info       string // further facts in a few words
	Hostname   string
	OSType     string
	DeviceType string
	CPE        []string // CPE 2.2 URIs in the order application, hardware, operating system
	Tunnel     Tunnel
	Method     Method
	Confidence int // 0 to 10
	// Soft tells that only the protocol is certain: a soft match was not refined.
	Soft bool
	// Fingerprint holds the answers of a service that was not recognised, on
	// one line in the form SF-Port…; (see the format notes in docs).
	Fingerprint string
	// TLS describes the tunnel, nil without one.
	TLS *TLS
	// RPC is what a portmapper lists, in its order; nil for other services.
	RPC []RPCBinding
	// Evidence says how the verdict was reached; nil for table names.
	Evidence *Evidence
}

// TLS describes the tunnel that a service was reached through.
type TLS struct {
	Version     string // such as "TLSv1.3"
	CipherSuite string // IANA name
	ALPN        string // protocol agreed on; empty if none
	ServerName  string // the name sent as SNI (RFC 6066); empty if none
	Certificate *Certificate
}

// Certificate is the leaf certificate that a server showed. Nothing of it was verified.
type Certificate struct {
	Subject           string // RFC 4514 form
	Issuer            string
	SubjectAltNames   []string // DNS names, then addresses
	NotBefore         time.Time
	NotAfter          time.Time
	PublicKey         string // such as "RSA 2048"
	SignatureAlg      string
	SerialNumber      string // hexadecimal
	SHA256Fingerprint string // of the DER form, hexadecimal
}

// Evidence is how a verdict on a service was reached.
type Evidence struct {
	Probe     string        // name of the probe that was answered; "NULL" for the banner
	Table     string        // name of the probe under which the signature stands
	Signature string        // file:line of the signature
	Elapsed   time.Duration // from the start of the port's detection to the verdict
}
