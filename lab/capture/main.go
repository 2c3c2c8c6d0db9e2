// Command capture asks a server one question and prints its answer as a probe
// database spells bytes, so that a signature's example can hold it unchanged.
//
//	go run ./lab/capture 127.0.0.1:22
//	go run ./lab/capture 127.0.0.1:80 'q|GET / HTTP/1.0\r\n\r\n|'
//	go run ./lab/capture -net udp 127.0.0.1:123 'q|\xe3\0\x04\xfa…|'
package main

import (
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// most is how much of an answer is kept: what a version scan reads at most.
const most = 4096

func main() {
	network := flag.String("net", "tcp", "tcp, udp or tls")
	first := flag.Duration("wait", 6*time.Second, "how long the first byte may take")
	quiet := flag.Duration("quiet", 500*time.Millisecond, "how long a pause ends the answer")
	flag.Parse()
	if flag.NArg() < 1 || flag.NArg() > 2 {
		fmt.Fprintln(os.Stderr, "usage: capture [-net tcp|udp|tls] [-wait 6s] [-quiet 500ms] HOST:PORT ['q|PAYLOAD|']")
		os.Exit(2)
	}
	reply, err := ask(*network, flag.Arg(0), flag.Arg(1), *first, *quiet)
	if err != nil {
		fmt.Fprintln(os.Stderr, "capture:", err)
		os.Exit(1)
	}
	fmt.Printf("q|%s|\n", escape(reply))
}

// ask connects, sends the payload if there is one, and reads until the server
// closes, falls silent or has said enough.
func ask(network, addr, quoted string, first, quiet time.Duration) ([]byte, error) {
	payload, err := unquote(quoted)
	if err != nil {
		return nil, err
	}
	conn, err := dial(network, addr, first)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", addr, err)
	}
	defer conn.Close()
	if len(payload) > 0 {
		if _, err := conn.Write(payload); err != nil {
			return nil, fmt.Errorf("send to %s: %w", addr, err)
		}
	}
	var reply []byte
	buf := make([]byte, most)
	for wait := first; len(reply) < most; wait = quiet {
		if err := conn.SetReadDeadline(time.Now().Add(wait)); err != nil {
			return nil, fmt.Errorf("set deadline: %w", err)
		}
		n, err := conn.Read(buf)
		reply = append(reply, buf[:n]...)
		if errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
			break
		}
		if err != nil {
			return reply, fmt.Errorf("read from %s: %w", addr, err)
		}
	}
	return reply, nil
}

func dial(network, addr string, timeout time.Duration) (net.Conn, error) {
	d := &net.Dialer{Timeout: timeout}
	if network != "tls" {
		return d.Dial(network, addr)
	}
	// The certificate is of no interest here: only what the server says inside.
	return tls.DialWithDialer(d, "tcp", addr, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
}

// unquote reads q<d>BYTES<d> with the escapes of a Probe line.
func unquote(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	if len(s) < 3 || s[0] != 'q' || s[len(s)-1] != s[1] {
		return nil, fmt.Errorf("payload %q is not of the form q|BYTES|", s)
	}
	s = s[2 : len(s)-1]
	var out []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			out = append(out, s[i])
			continue
		}
		i++
		if i == len(s) {
			return nil, errors.New("payload ends inside an escape")
		}
		if p := strings.IndexByte(`0nrt\`, s[i]); p >= 0 {
			out = append(out, "\x00\n\r\t\\"[p])
			continue
		}
		if s[i] != 'x' || i+2 >= len(s) {
			return nil, fmt.Errorf("payload has the unknown escape \\%c", s[i])
		}
		b, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return nil, fmt.Errorf("payload escape \\x%s: %w", s[i+1:i+3], err)
		}
		out = append(out, byte(b))
		i += 2
	}
	return out, nil
}

// escape spells bytes for a q|…| string.
func escape(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == 0:
			s.WriteString(`\0`)
		case c == '\n':
			s.WriteString(`\n`)
		case c == '\r':
			s.WriteString(`\r`)
		case c == '\t':
			s.WriteString(`\t`)
		case c == '\\':
			s.WriteString(`\\`)
		case c < 0x20 || c > 0x7e || c == '|':
			fmt.Fprintf(&s, `\x%02x`, c)
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}
