package service

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// whole tells whether an answer is complete, so that nothing more is worth
// waiting for. When in doubt it is not.
func whole(b []byte) bool {
	switch {
	case len(b) == 0:
		return false
	case bytes.HasPrefix(b, []byte("HTTP/1.")):
		return wholeHTTP(b)
	case b[0] >= 0x14 && b[0] <= 0x17 && len(b) > 4 && b[1] == 3:
		return wholeTLS(b)
	}
	return wholeFrame(b) || prompt(b)
}

// isHTTP tells whether an answer is an HTTP message.
func isHTTP(b []byte) bool { return bytes.HasPrefix(b, []byte("HTTP/1.")) }

// wholeHTTP follows RFC 9112, section 6.3, as far as the answers to our
// requests go: a body ends by its length, by its last chunk, or by the
// connection, which is for the reader to see.
func wholeHTTP(b []byte) bool {
	head, body, ok := bytes.Cut(b, []byte("\r\n\r\n"))
	if !ok {
		return false
	}
	if status := statusOf(head); status == 204 || status == 304 {
		return true
	}
	if v, ok := field(head, "transfer-encoding"); ok && bytes.EqualFold(v, []byte("chunked")) {
		return wholeChunks(body)
	}
	if v, ok := field(head, "content-length"); ok {
		n, err := strconv.Atoi(string(v))
		return err == nil && n >= 0 && len(body) >= n
	}
	return false
}

// statusOf is the status code of a message, 0 if it has none.
func statusOf(head []byte) int {
	f := bytes.Fields(head[:min(len(head), 16)])
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(string(f[1]))
	return n
}

// field finds a header field by its lower-case name.
func field(head []byte, name string) ([]byte, bool) {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if key, value, ok := bytes.Cut(line, []byte(":")); ok && bytes.EqualFold(key, []byte(name)) {
			return bytes.TrimSpace(value), true
		}
	}
	return nil, false
}

// wholeChunks walks the chunks of a body to the last one.
func wholeChunks(b []byte) bool {
	for {
		line, rest, ok := bytes.Cut(b, []byte("\r\n"))
		if !ok {
			return false
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		n, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		switch {
		case err != nil:
			return false
		case n == 0:
			return bytes.HasPrefix(rest, []byte("\r\n")) || bytes.HasSuffix(rest, []byte("\r\n\r\n"))
		case int(n)+2 > len(rest):
			return false
		}
		b = rest[n+2:]
	}
}

// wholeTLS walks records. Whoever sends an alert has said all; so has a server
// after its hello, which waits for the client then.
func wholeTLS(b []byte) bool {
	for len(b) >= 5 && b[1] == 3 {
		n := 5 + int(binary.BigEndian.Uint16(b[3:]))
		if n > len(b) {
			return false
		}
		if b = b[n:]; len(b) == 0 {
			return true
		}
	}
	return false
}

// wholeFrame knows the protocols in which a message begins with its length.
// What it takes for one by accident must be that long to the byte.
func wholeFrame(b []byte) bool {
	n := len(b)
	if n < 6 {
		return false
	}
	size16, size32 := int(binary.BigEndian.Uint16(b)), int64(binary.BigEndian.Uint32(b))
	switch {
	case size16 == n-2: // DNS over TCP, Erlang
	case b[0] == 0 && size32 == int64(n)-4: // NetBIOS, Kerberos, Kafka
	case b[0] == 0x80 && size32&0x7fffffff == int64(n)-4: // Sun RPC, last fragment
	case b[0] == 3 && b[1] == 0 && int(binary.BigEndian.Uint16(b[2:])) == n: // TPKT
	case b[0] == 0x30 && int(b[1]) == n-2 && b[1] < 0x80: // LDAP, SNMP in BER
	case b[0] == 0x30 && b[1] == 0x84 && int64(binary.BigEndian.Uint32(b[2:])) == int64(n)-6:
	case int64(binary.LittleEndian.Uint32(b)) == int64(n): // MongoDB
	case b[3] == 0 && int64(binary.LittleEndian.Uint32(b)) == int64(n)-4: // MySQL's first packet
	case b[0] == 'E' && int64(binary.BigEndian.Uint32(b[1:])) == int64(n)-1: // PostgreSQL's error
	default:
		return false
	}
	return true
}

// prompts are the ends of lines that wait for the client to go on.
var prompts = []string{"> ", "# ", "$ ", "login: ", "Login: ", "Username: ", "username: ", "Password: ", "password: "}

// prompt tells whether an answer ends in the prompt of a line protocol.
func prompt(b []byte) bool {
	for _, p := range prompts {
		if bytes.HasSuffix(b, []byte(p)) {
			return true
		}
	}
	return false
}
