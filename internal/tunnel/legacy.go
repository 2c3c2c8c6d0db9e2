//go:build linux || darwin

// zcrypto builds on these systems only; see legacy_none.go for the others.

package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"

	zdsa "github.com/zmap/zcrypto/dsa"
	zrsa "github.com/zmap/zcrypto/rsa"
	ztls "github.com/zmap/zcrypto/tls"
	zx509 "github.com/zmap/zcrypto/x509"

	"sonde/result"
)

// haveLegacy tells whether the Legacy stack exists on this system.
const haveLegacy = true

// legacySessions hold what lets a later connection of the Legacy stack resume.
type legacySessions = ztls.ClientSessionCache

func newLegacySessions() legacySessions { return ztls.NewLRUClientSessionCache(1) }

// legacySuites are the suites that zcrypto can speak, as it has no list of
// them: what it can only name would let a server choose a suite in which the
// handshake then fails. Strong ones come first, for servers that leave the
// choice to the client.
var legacySuites = []uint16{
	ztls.TLS_AES_128_GCM_SHA256, ztls.TLS_CHACHA20_POLY1305_SHA256, ztls.TLS_AES_256_GCM_SHA384,
	ztls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, ztls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	ztls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, ztls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	ztls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, ztls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	ztls.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, ztls.TLS_DHE_RSA_WITH_AES_256_GCM_SHA384,
	ztls.TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
	ztls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256, ztls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256,
	ztls.TLS_DHE_RSA_WITH_AES_128_CBC_SHA256, ztls.TLS_DHE_RSA_WITH_AES_256_CBC_SHA256,
	ztls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, ztls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA,
	ztls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, ztls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA,
	ztls.TLS_DHE_RSA_WITH_AES_128_CBC_SHA, ztls.TLS_DHE_RSA_WITH_AES_256_CBC_SHA,
	ztls.TLS_RSA_WITH_AES_128_GCM_SHA256, ztls.TLS_RSA_WITH_AES_256_GCM_SHA384,
	ztls.TLS_RSA_WITH_AES_128_CBC_SHA256, ztls.TLS_RSA_WITH_AES_256_CBC_SHA256,
	ztls.TLS_RSA_WITH_AES_128_CBC_SHA, ztls.TLS_RSA_WITH_AES_256_CBC_SHA,
	ztls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA, ztls.TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA, ztls.TLS_RSA_WITH_3DES_EDE_CBC_SHA,
	ztls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA, ztls.TLS_ECDHE_RSA_WITH_RC4_128_SHA, ztls.TLS_RSA_WITH_RC4_128_SHA,
}

// legacyHandshake uses zcrypto, which also has finite-field DHE and the
// CBC-SHA256 suites with 256-bit keys.
func legacyHandshake(ctx context.Context, conn net.Conn, cfg Config, s sessions) (net.Conn, result.TLS, error) {
	c := ztls.Client(conn, &ztls.Config{
		InsecureSkipVerify: true,
		MinVersion:         ztls.VersionTLS10,
		MaxVersion:         ztls.VersionTLS13,
		CipherSuites:       legacySuites,
		ForceSuites:        true, // else only the suites of crypto/tls are offered
		CurvePreferences:   []ztls.CurveID{ztls.X25519, ztls.CurveP256, ztls.CurveP384, ztls.CurveP521},
		ServerName:         cfg.ServerName,
		NextProtos:         cfg.ALPN,
		ClientSessionCache: s.legacy,
		Renegotiation:      ztls.RenegotiateFreelyAsClient,
	})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, logInfo(c.GetHandshakeLog()), err
	}
	return &stream{Conn: c, raw: conn}, legacyInfo(c.ConnectionState()), nil
}

func legacyInfo(cs ztls.ConnectionState) result.TLS {
	info := result.TLS{
		Version:     versionName(cs.Version),
		CipherSuite: suiteName(ztls.CipherSuiteID(cs.CipherSuite)),
		ALPN:        printable(cs.NegotiatedProtocol, maxName),
	}
	if len(cs.PeerCertificates) > 0 {
		info.Certificate = describeDER(cs.PeerCertificates[0].Raw)
	}
	return info
}

// logInfo is what the record of a handshake that failed still tells: servers
// name version, suite and certificate before they refuse.
func logInfo(log *ztls.ServerHandshake) result.TLS {
	var info result.TLS
	if log == nil {
		return info
	}
	if h := log.ServerHello; h != nil {
		info.Version = versionName(uint16(h.Version))
		if h.SupportedVersions != nil {
			info.Version = versionName(uint16(h.SupportedVersions.SelectedVersion))
		}
		info.CipherSuite = suiteName(h.CipherSuite)
	}
	if log.ServerCertificates != nil {
		info.Certificate = describeDER(log.ServerCertificates.Certificate.Raw)
	}
	return info
}

// suiteName is the IANA name of a suite, empty for a number without one.
func suiteName(id ztls.CipherSuiteID) string {
	name := id.String()
	if name == "unknown" {
		return ""
	}
	return name
}

// legacyNotTLS tells whether an error of zcrypto means that the peer does not speak TLS.
func legacyNotTLS(err error) bool {
	var record ztls.RecordHeaderError
	return errors.As(err, &record)
}

// describeLegacy describes a certificate that crypto/x509 refuses, as far as
// zcrypto can read it.
func describeLegacy(out *result.Certificate, der []byte) {
	c, err := zx509.ParseCertificate(der)
	if err != nil {
		return
	}
	fill(out, c.RawSubject, c.RawIssuer, c.DNSNames, c.IPAddresses, c.SerialNumber)
	out.NotBefore, out.NotAfter = c.NotBefore.UTC(), c.NotAfter.UTC()
	out.PublicKey = legacyKeyName(c)
	out.SignatureAlg = c.SignatureAlgorithm.String()
}

func legacyKeyName(c *zx509.Certificate) string {
	switch k := c.PublicKey.(type) {
	case *zrsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *zdsa.PublicKey:
		return fmt.Sprintf("DSA %d", k.P.BitLen())
	case *zx509.AugmentedECDSA:
		return keyName(k.Pub, "")
	}
	return keyName(c.PublicKey, zx509.PublicKeyAlgorithm(c.PublicKeyAlgorithm).String())
}
