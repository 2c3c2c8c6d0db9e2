package tunnel

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/needtest"
	"sonde/result"
)

// certify makes a self-signed certificate for key.
func certify(t testing.TB, key crypto.Signer) tls.Certificate {
	t.Helper()
	return certifyUntil(t, key, time.Unix(1100000000, 0)) // long expired, which must not matter
}

func certifyUntil(t testing.TB, key crypto.Signer, end time.Time) tls.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(0x7f010203),
		Subject:      pkix.Name{CommonName: "www.example.test", Organization: []string{"Ex\x1bample"}},
		NotBefore:    time.Unix(1000000000, 0),
		NotAfter:     end,
		DNSNames:     []string{"www.example.test", "*.example.test"},
		IPAddresses:  []net.IP{net.IPv4(192, 0, 2, 1)},
	}, &x509.Certificate{Subject: pkix.Name{CommonName: "Some CA"}}, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func rsaKey(t testing.TB) crypto.Signer {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func ecKey(t testing.TB) crypto.Signer {
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// serve runs handle for every connection to a new listener, whose dial
// function it returns. The test waits for all of them.
func serve(t testing.TB, handle func(net.Conn)) func(context.Context) (net.Conn, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			handle(c)
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
	}
}

// greet is a TLS server that says "inside" and the name it was called by.
func greet(cfg *tls.Config) func(net.Conn) {
	return func(c net.Conn) {
		s := tls.Server(c, cfg)
		if s.Handshake() == nil {
			io.WriteString(s, "inside "+s.ConnectionState().ServerName)
			s.CloseWrite()
			io.Copy(io.Discard, c)
		}
	}
}

func readAll(t *testing.T, c net.Conn) string {
	t.Helper()
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatalf("read in the tunnel: %v", err)
	}
	return string(b)
}

func TestConnect(t *testing.T) {
	rsaCert, ecCert := certify(t, rsaKey(t)), certify(t, ecKey(t))
	_, edKey, _ := ed25519.GenerateKey(rand.Reader)
	edCert := certify(t, edKey)
	negative := certify(t, ecKey(t))
	negative.Certificate[0] = bytes.Replace(negative.Certificate[0], []byte{0x7f, 1, 2, 3}, []byte{0x8f, 1, 2, 3}, 1)

	type want struct{ version, suite, key string }
	tests := []struct {
		name   string
		cfg    *tls.Config
		want   want
		legacy bool
	}{
		{"TLS 1.3 only", &tls.Config{Certificates: []tls.Certificate{ecCert}, MinVersion: tls.VersionTLS13},
			want{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "ECDSA P-256"}, false},
		{"TLS 1.3 with Ed25519", &tls.Config{Certificates: []tls.Certificate{edCert}, MinVersion: tls.VersionTLS13},
			want{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "Ed25519"}, false},
		{"TLS 1.3 with a negative serial number", &tls.Config{Certificates: []tls.Certificate{negative}, MinVersion: tls.VersionTLS13},
			want{"TLSv1.3", "TLS_AES_128_GCM_SHA256", "ECDSA P-256"}, true},
		{"TLS 1.0 only", &tls.Config{Certificates: []tls.Certificate{rsaCert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10,
			CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA}},
			want{"TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "RSA 2048"}, false},
		{"TLS 1.1 with RC4", &tls.Config{Certificates: []tls.Certificate{rsaCert}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11,
			CipherSuites: []uint16{tls.TLS_RSA_WITH_RC4_128_SHA}},
			want{"TLSv1.1", "TLS_RSA_WITH_RC4_128_SHA", "RSA 2048"}, false},
		{"3DES with RSA key exchange", &tls.Config{Certificates: []tls.Certificate{rsaCert}, MaxVersion: tls.VersionTLS12,
			CipherSuites: []uint16{tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA}},
			want{"TLSv1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "RSA 2048"}, false},
		{"client certificate requested", &tls.Config{Certificates: []tls.Certificate{ecCert}, MaxVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert},
			want{"TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDSA P-256"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.legacy && !haveLegacy {
				t.Skip("needs the second stack")
			}
			client := NewClient(Config{ServerName: "www.example.test"})
			conn, info, err := client.Connect(t.Context(), serve(t, greet(tt.cfg)))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if info.Version != tt.want.version || info.CipherSuite != tt.want.suite || info.Certificate.PublicKey != tt.want.key {
				t.Errorf("got %s %s %s, want %v", info.Version, info.CipherSuite, info.Certificate.PublicKey, tt.want)
			}
			if got := readAll(t, conn); got != "inside www.example.test" {
				t.Errorf("read %q", got)
			}
		})
	}
}

func TestCertificateIsDescribed(t *testing.T) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	cert := certify(t, key)
	conn, info, err := NewClient(Config{}).Connect(t.Context(), serve(t, greet(&tls.Config{Certificates: []tls.Certificate{cert}})))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	c := info.Certificate
	got := strings.Join([]string{c.Subject, c.Issuer, strings.Join(c.SubjectAltNames, " "), c.NotBefore.Format(time.DateTime),
		c.NotAfter.Format(time.DateTime), c.PublicKey, c.SignatureAlg, c.SerialNumber}, "\n")
	const want = "CN=www.example.test,O=Ex.ample\nCN=Some CA\nwww.example.test *.example.test 192.0.2.1\n" +
		"2001-09-09 01:46:40\n2004-11-09 11:33:20\nEd25519\nEd25519\n7f010203"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if want := sha256Hex(cert.Certificate[0]); c.SHA256Fingerprint != want {
		t.Errorf("fingerprint %s, want %s", c.SHA256Fingerprint, want)
	}
}

func TestNoNameForAnAddress(t *testing.T) {
	dial := serve(t, greet(&tls.Config{Certificates: []tls.Certificate{certify(t, ecKey(t))}}))
	for _, name := range []string{"", "192.0.2.1", "2001:db8::1"} {
		conn, info, err := NewClient(Config{ServerName: name}).Connect(t.Context(), dial)
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, conn); got != "inside " || info.ServerName != "" {
			t.Errorf("%q: server heard %q, told %q", name, got, info.ServerName)
		}
		conn.Close()
	}
}

func TestALPN(t *testing.T) {
	dial := serve(t, greet(&tls.Config{Certificates: []tls.Certificate{certify(t, ecKey(t))}, NextProtos: []string{"h2", "http/1.1"}}))
	for _, stack := range []Stack{Modern, Legacy} {
		if stack == Legacy && !haveLegacy {
			continue
		}
		conn, info, err := NewClient(Config{ALPN: []string{"h2"}, Stack: stack}).Connect(t.Context(), dial)
		if err != nil {
			t.Fatal(stack, err)
		}
		conn.Close()
		if info.ALPN != "h2" {
			t.Errorf("%v: agreed on %q", stack, info.ALPN)
		}
	}
}

func TestSessionIsResumed(t *testing.T) {
	cert := certifyUntil(t, ecKey(t), time.Now().Add(time.Hour))
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		var resumed []bool
		dial := serve(t, func(c net.Conn) {
			s := tls.Server(c, tlsTickets(cert, version))
			if s.Handshake() == nil {
				resumed = append(resumed, s.ConnectionState().DidResume)
				io.WriteString(s, "x")
				s.CloseWrite()
				io.Copy(io.Discard, c)
			}
		})
		client := NewClient(Config{})
		for range 2 {
			conn, info, err := client.Connect(t.Context(), dial)
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, conn)
			conn.Close()
			if info.Certificate == nil {
				t.Error("no certificate")
			}
		}
		// The listener handles connections one after the other, so that a third one orders our read of resumed.
		if conn, err := dial(t.Context()); err == nil {
			conn.Close()
		}
		if len(resumed) != 2 || resumed[0] || !resumed[1] {
			t.Errorf("version %x: resumed = %v", version, resumed)
		}
	}
}

// tlsTickets is a server configuration with fixed ticket keys.
func tlsTickets(cert tls.Certificate, version uint16) *tls.Config {
	cfg := &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: version}
	cfg.SetSessionTicketKeys([][32]byte{{1, 2, 3}})
	return cfg
}

func TestFailures(t *testing.T) {
	cert := certify(t, ecKey(t))
	tests := []struct {
		name  string
		serve func(net.Conn)
		kind  Kind
		alert uint8
		cert  bool // the server's certificate is known all the same
	}{
		{"plain text", func(c net.Conn) { io.WriteString(c, "220 hello\r\n"); io.Copy(io.Discard, c) }, NotTLS, 0, false},
		{"hangs up", func(c net.Conn) { io.ReadFull(c, make([]byte, 50)) }, Broken, 0, false},
		{"hangs up politely", func(c net.Conn) { c.Read(make([]byte, 5000)) }, Closed, 0, false},
		{"alert", func(c net.Conn) {
			c.Read(make([]byte, 5000))
			c.Write([]byte{21, 3, 1, 0, 2, 2, 40})
		}, Refused, 40, false},
		{"wants a client certificate", greet(&tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS12,
			ClientAuth: tls.RequireAnyClientCert}), Refused, 40, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, info, err := NewClient(Config{}).Connect(t.Context(), serve(t, tt.serve))
			var e *Error
			if !errors.As(err, &e) || e.Kind != tt.kind || e.Alert != tt.alert {
				t.Fatalf("got %v, want kind %v alert %d", err, tt.kind, tt.alert)
			}
			if (info.Certificate != nil) != tt.cert {
				t.Errorf("certificate: %v", info.Certificate)
			}
		})
	}
}

func TestRefusalAfterTheHandshakeIsAnError(t *testing.T) {
	dial := serve(t, greet(&tls.Config{Certificates: []tls.Certificate{certify(t, ecKey(t))},
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAnyClientCert}))
	conn, info, err := NewClient(Config{}).Connect(t.Context(), dial)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Read(make([]byte, 10))
	if e, ok := asError(err); !ok || e.Kind != Refused || e.Alert != 116 {
		t.Errorf("read: %v, want alert 116 (certificate required)", err)
	}
	if info.Certificate == nil {
		t.Error("no certificate")
	}
}

func TestAbruptEndReadsAsEOF(t *testing.T) {
	dial := serve(t, func(c net.Conn) {
		s := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{certify(t, ecKey(t))}, MaxVersion: tls.VersionTLS12})
		s.Handshake()
		io.WriteString(s, "bye")
		c.(*net.TCPConn).CloseWrite()
		io.Copy(io.Discard, c)
	})
	conn, _, err := NewClient(Config{}).Connect(t.Context(), dial)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if got := readAll(t, conn); got != "bye" {
		t.Errorf("read %q", got)
	}
}

func TestSilentServerTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var far []net.Conn
		_, _, err := NewClient(Config{}).Connect(t.Context(), func(context.Context) (net.Conn, error) {
			near, other := net.Pipe()
			far = append(far, other)
			go io.Copy(io.Discard, other)
			return near, nil
		})
		if e, ok := asError(err); !ok || e.Kind != TimedOut {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != Wait || len(far) != 1 {
			t.Errorf("gave up after %v and %d connections", took, len(far))
		}
	})
}

func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		why := errors.New("enough")
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, _, err := NewClient(Config{}).Connect(ctx, func(context.Context) (net.Conn, error) {
			near, other := net.Pipe()
			go io.Copy(io.Discard, other)
			return near, nil
		})
		if err != why {
			t.Errorf("got %v, want the cause", err)
		}
	})
}

// TestOpenSSL tries servers that need the second stack, or nearly do.
func TestOpenSSL(t *testing.T) {
	if !haveLegacy {
		t.Skip("needs the second stack")
	}
	openssl := needtest.Program(t, "openssl", "openssl")
	dir := t.TempDir()
	key, cert := filepath.Join(dir, "key"), filepath.Join(dir, "cert")
	if out, err := exec.Command(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert,
		"-days", "2", "-subj", "/CN=openssl.test").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tests := []struct {
		name, version, suite string
		args                 []string
	}{
		{"DHE only", "TLSv1.2", "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", []string{"-tls1_2", "-cipher", "DHE-RSA-AES256-GCM-SHA384"}},
		{"DHE only, TLS 1.0", "TLSv1.0", "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", []string{"-tls1", "-cipher", "DHE-RSA-AES128-SHA:@SECLEVEL=0"}},
		{"AES256-SHA256", "TLSv1.2", "TLS_RSA_WITH_AES_256_CBC_SHA256", []string{"-tls1_2", "-cipher", "AES256-SHA256"}},
		{"TLS 1.3", "TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256", []string{"-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"}},
		{"defaults", "TLSv1.3", "TLS_AES_128_GCM_SHA256", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			addr := openSSLServer(t, openssl, append([]string{"-key", key, "-cert", cert}, tt.args...))
			client := NewClient(Config{})
			for range 2 { // the second time with what was learned
				dials := 0
				conn, info, err := client.Connect(t.Context(), func(ctx context.Context) (net.Conn, error) {
					dials++
					return new(net.Dialer).DialContext(ctx, "tcp", addr)
				})
				if err != nil {
					t.Fatal(err)
				}
				checkPage(t, conn, info, tt.version, tt.suite)
				if client.settled && dials > 2 {
					t.Errorf("%d connections", dials)
				}
			}
		})
	}
}

// checkPage expects the status page of openssl s_server.
func checkPage(t *testing.T, conn net.Conn, info result.TLS, version, suite string) {
	t.Helper()
	defer conn.Close()
	io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
	if page := readAll(t, conn); !strings.HasPrefix(page, "HTTP/1.0 200 ok") {
		t.Errorf("read %.60q", page)
	}
	if info.Version != version || info.CipherSuite != suite || info.Certificate.Subject != "CN=openssl.test" {
		t.Errorf("got %s %s %s", info.Version, info.CipherSuite, info.Certificate.Subject)
	}
}

// openSSLServer starts openssl s_server on a free port and returns its address.
func openSSLServer(t *testing.T, openssl string, args []string) string {
	t.Helper()
	cmd := exec.Command(openssl, append([]string{"s_server", "-accept", "127.0.0.1:0", "-www"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	var text []byte
	for buf := make([]byte, 500); ; {
		n, err := out.Read(buf)
		text = append(text, buf[:n]...)
		if _, after, ok := strings.Cut(string(text), "ACCEPT "); ok && strings.Contains(after, "\n") {
			go io.Copy(io.Discard, out)
			return strings.Fields(after)[0]
		}
		if err != nil {
			t.Fatalf("openssl said %q", text)
		}
	}
}

func FuzzCertificate(f *testing.F) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	f.Add(certify(f, key).Certificate[0])
	f.Add(certify(f, ecKey(f)).Certificate[0])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, der []byte) {
		c := describeDER(der)
		if c == nil {
			return
		}
		for _, s := range append(c.SubjectAltNames, c.Subject, c.Issuer, c.PublicKey, c.SerialNumber) {
			if len(s) > maxName+100 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("unfit for a terminal: %q", s)
			}
		}
	})
}
