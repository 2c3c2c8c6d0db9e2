package service

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"

	st "sonde/internal/service/servicetest"
	"sonde/result"
)

// serverTLS is a configuration with a fresh certificate.
func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "inner.example"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestTLS(t *testing.T) {
	cfg := serverTLS(t)
	// A server whose answer to anything that is not TLS is an alert.
	server := func(inside ...st.Step) st.Script {
		return st.Script{st.Plain(st.Say("\x15\x03\x01\x00\x02\x02\x46"), st.TLS(cfg, inside...), "first", "second", "third", "rare")}
	}
	tests := []struct {
		name   string
		script []st.Script
		port   uint16
		want   string
		sent   string
		tls    bool
	}{
		{"banner inside", []st.Script{server(st.Say("HELLO 5\n"))}, 1000, "greeter probed 10 ssl p=Greeter v=5", "NULL First NULL", true},
		{"probes inside follow sslports", []st.Script{server(st.Answer("rare", "INSIDE x"))}, 1443, "inner probed 10 ssl i=x",
			"NULL First NULL Rare", true},
		{"silent inside", []st.Script{server(st.Hold())}, 1000, "https table 3 ssl", "NULL First NULL First Second Third", true},
		{"unknown inside", []st.Script{server(st.Say("what?"), st.Hold())}, 1000, "https table 3 ssl fp", "NULL First NULL First Second Third", true},
		{"TLS in TLS is not entered", []st.Script{server(st.Say("\x15\x03"))}, 1000, "ssl probed 10 ssl", "NULL First NULL", true},
		{"handshake fails", []st.Script{{st.Answer("first", "\x15\x03\x01\x00\x02\x02\x46")}}, 1000, "https table 3 ssl", "NULL First", false},
		{"closes inside, then refuses", []st.Script{server(), server(), nil}, 1000, "https table 3 ssl", "NULL First NULL", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := st.NewNet(t)
				n.Listen(tt.port, tt.script...)
				out, said := run(t, Config{DB: database(t, testProbes), Conform: true, Intensity: DefaultIntensity, Dialer: n, Trace: true},
					Target{Addr: netip.MustParseAddr("192.0.2.1"), Name: "name.example", Port: tt.port, State: result.Open, Reason: result.ReasonSynAck, TableName: "https"})
				if got := summary(out[0]); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if got := sentProbes(said); got != tt.sent {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
				info := out[0].Service.TLS
				if (info != nil) != tt.tls || tt.tls && (info.ServerName != "name.example" || info.Certificate.Subject != "CN=inner.example") {
					t.Errorf("TLS: %+v", info)
				}
				if tt.tls && strings.Contains(tt.want, "fp") && !strings.Contains(out[0].Service.Fingerprint, "%T=SSL%I=7%") {
					t.Errorf("fingerprint %s", out[0].Service.Fingerprint)
				}
			})
		})
	}
}
