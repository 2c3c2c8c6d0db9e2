package tunnel

import (
	"context"
	"net"

	ztls "github.com/zmap/zcrypto/tls"

	"sonde/result"
)

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
