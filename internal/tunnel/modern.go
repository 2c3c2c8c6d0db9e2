package tunnel

import (
	"context"
	"crypto/tls"
	"net"

	"sonde/result"
)

// sessions hold what lets a later connection resume; one cache for each stack.
type sessions struct {
	modern tls.ClientSessionCache
	legacy legacySessions
}

func newSessions() sessions {
	return sessions{tls.NewLRUClientSessionCache(1), newLegacySessions()}
}

// modernHandshake uses crypto/tls with everything that it implements.
func modernHandshake(ctx context.Context, conn net.Conn, cfg Config, s sessions) (net.Conn, result.TLS, error) {
	var info result.TLS
	c := tls.Client(conn, &tls.Config{
		InsecureSkipVerify: true, // the scanner reports certificates, it does not rely on them
		MinVersion:         tls.VersionTLS10,
		MaxVersion:         tls.VersionTLS13,
		CipherSuites:       modernSuites(),
		// Without a post-quantum key share the hello fits one segment,
		// which some servers and middleboxes still depend on.
		CurvePreferences:   []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		ServerName:         cfg.ServerName,
		NextProtos:         cfg.ALPN,
		ClientSessionCache: s.modern,
		Renegotiation:      tls.RenegotiateFreelyAsClient,
		// Called before the server judges our missing certificate, so
		// that its own is known even if it hangs up then.
		VerifyConnection: func(cs tls.ConnectionState) error {
			info = modernInfo(cs)
			return nil
		},
	})
	if err := c.HandshakeContext(ctx); err != nil {
		return nil, info, err
	}
	info = modernInfo(c.ConnectionState())
	return &stream{Conn: c, raw: conn}, info, nil
}

// modernSuites lists every suite of crypto/tls. An explicit list also
// switches on those that its defaults leave out.
func modernSuites() []uint16 {
	var ids []uint16
	for _, s := range tls.CipherSuites() {
		ids = append(ids, s.ID)
	}
	for _, s := range tls.InsecureCipherSuites() {
		ids = append(ids, s.ID)
	}
	return ids
}

func modernInfo(cs tls.ConnectionState) result.TLS {
	info := result.TLS{
		Version:     versionName(cs.Version),
		CipherSuite: tls.CipherSuiteName(cs.CipherSuite),
		ALPN:        printable(cs.NegotiatedProtocol, maxName),
	}
	if len(cs.PeerCertificates) > 0 {
		info.Certificate = describe(cs.PeerCertificates[0])
	}
	return info
}

// versionName spells a protocol version as OpenSSL's tools do.
func versionName(v uint16) string {
	switch v {
	case tls.VersionTLS10:
		return "TLSv1.0"
	case tls.VersionTLS11:
		return "TLSv1.1"
	case tls.VersionTLS12:
		return "TLSv1.2"
	case tls.VersionTLS13:
		return "TLSv1.3"
	}
	return ""
}
