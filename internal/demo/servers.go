package demo

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/emersion/go-smtp"
	"github.com/miekg/dns"
	"golang.org/x/crypto/ssh"
)

func startSSH(s *Servers) error {
	conf, err := sshConfig()
	if err != nil {
		return err
	}
	l, err := s.listen()
	if err != nil {
		return err
	}
	s.accept(l, func(c net.Conn) { serveSSH(c, conf) })
	return nil
}

// startWrappedSSH shows that what is inside a tunnel is found too.
func startWrappedSSH(s *Servers) error {
	conf, err := sshConfig()
	if err != nil {
		return err
	}
	l, err := s.listenTLS()
	if err != nil {
		return err
	}
	s.accept(l, func(c net.Conn) { serveSSH(c, conf) })
	return nil
}

func sshConfig() (*ssh.ServerConfig, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		return nil, err
	}
	conf := &ssh.ServerConfig{PasswordCallback: func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, io.EOF }}
	conf.AddHostKey(signer)
	return conf, nil
}

// serveSSH shakes hands; nobody can log in.
func serveSSH(c net.Conn, conf *ssh.ServerConfig) {
	if sc, _, _, err := ssh.NewServerConn(c, conf); err == nil {
		sc.Close()
	}
}

func startHTTP(s *Servers) error {
	l, err := s.listen()
	if err != nil {
		return err
	}
	s.serveHTTP(l)
	return nil
}

func startHTTPS(s *Servers) error {
	l, err := s.listenTLS()
	if err != nil {
		return err
	}
	s.serveHTTP(l)
	return nil
}

func (s *Servers) serveHTTP(l net.Listener) {
	srv := &http.Server{Handler: http.HandlerFunc(hello), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	s.closers = append(s.closers, srv)
	s.serve(func() error { return srv.Serve(l) })
}

func hello(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	io.WriteString(w, "<!DOCTYPE html>\n<title>sonde demo</title>\n<p>Hello.\n")
}

// listenTLS opens a port behind TLS with a certificate made for the occasion.
func (s *Servers) listenTLS() (net.Listener, error) {
	cert, err := selfSigned()
	if err != nil {
		return nil, err
	}
	l, err := s.listen()
	if err != nil {
		return nil, err
	}
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}}), nil
}

// startDNS serves an empty zone by UDP and TCP, and its version in class CHAOS
// as name servers do.
func startDNS(s *Servers) error {
	p, err := s.listenPacket()
	if err != nil {
		return err
	}
	l, err := s.listen()
	if err != nil {
		return err
	}
	for _, srv := range []*dns.Server{{PacketConn: p, Handler: dns.HandlerFunc(answer)}, {Listener: l, Handler: dns.HandlerFunc(answer)}} {
		s.serve(srv.ActivateAndServe)
	}
	return nil
}

func answer(w dns.ResponseWriter, q *dns.Msg) {
	m := new(dns.Msg)
	m.SetReply(q)
	if len(q.Question) == 1 && q.Question[0].Qclass == dns.ClassCHAOS && q.Question[0].Qtype == dns.TypeTXT {
		m.Answer = append(m.Answer, &dns.TXT{
			Hdr: dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassCHAOS},
			Txt: []string{"miekg/dns"},
		})
	} else {
		m.Rcode = dns.RcodeRefused
	}
	w.WriteMsg(m)
}

func startSMTP(s *Servers) error {
	l, err := s.listen()
	if err != nil {
		return err
	}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return nil, smtp.ErrAuthRequired }))
	srv.Domain = "demo.invalid"
	srv.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.closers = append(s.closers, srv)
	s.serve(func() error { return srv.Serve(l) })
	return nil
}

// startClosing is a port whose service hangs up on strangers.
func startClosing(s *Servers) error {
	l, err := s.listen()
	if err != nil {
		return err
	}
	s.accept(l, func(net.Conn) {})
	return nil
}
