package demo_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"sonde/internal/demo"
)

// Every server accepts, some greet, and Close leaves nobody listening.
func TestServersGreetAndEnd(t *testing.T) {
	s, err := demo.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	spec := strings.Split(s.Ports(), ",U:")
	ports := strings.Split(strings.TrimPrefix(spec[0], "T:"), ",")
	greetings := map[string]bool{}
	for _, p := range ports {
		c, err := net.Dial("tcp", net.JoinHostPort(s.Addr().String(), p))
		if err != nil {
			t.Fatalf("port %s: %v", p, err)
		}
		// Whoever waits for a request is asked; whoever greets has done so.
		io.WriteString(c, "GET / HTTP/1.0\r\n\r\n")
		line, _ := bufio.NewReader(c).ReadString('\n')
		greetings[strings.SplitN(line, "-", 2)[0]] = true
		c.Close()
	}
	for _, want := range []string{"SSH", "HTTP/1.0 200 OK\r\n", "220 demo.invalid ESMTP Service Ready\r\n", "HTTP/1.0 400 Bad Request\r\n", ""} {
		if !greetings[want] {
			t.Errorf("no server said %q: %v", want, greetings)
		}
	}
	s.Close()
	for _, p := range ports {
		if c, err := net.Dial("tcp", net.JoinHostPort(s.Addr().String(), p)); err == nil {
			c.Close()
			t.Errorf("port %s still accepts", p)
		}
	}
}

func TestCancelEndsServers(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	s, err := demo.Start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	s.Close()
}

// The HTTPS server shows its own certificate.
func TestTLS(t *testing.T) {
	s, err := demo.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	tcp := strings.Split(strings.TrimPrefix(strings.Split(s.Ports(), ",U:")[0], "T:"), ",")
	c, err := tls.Dial("tcp", net.JoinHostPort(s.Addr().String(), tcp[2]), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.ConnectionState().PeerCertificates[0].Subject.String(); got != "CN=localhost,O=sonde demo" {
		t.Errorf("subject %q", got)
	}
}
