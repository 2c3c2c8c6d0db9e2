package tunnel

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"sonde/result"
)

// Bounds on what is kept of a certificate, which may hold megabytes.
const (
	maxName  = 1024 // bytes of one name
	maxNames = 256  // alternative names
)

// describeDER describes a certificate in DER form. crypto/x509 is strict;
// what it refuses (negative serial numbers, say) another library may still read. The
// fingerprint is known in any case.
func describeDER(der []byte) *result.Certificate {
	if len(der) == 0 {
		return nil
	}
	if c, err := x509.ParseCertificate(der); err == nil {
		return describe(c)
	}
	out := &result.Certificate{SHA256Fingerprint: sha256Hex(der)}
	describeLegacy(out, der)
	return out
}

func describe(c *x509.Certificate) *result.Certificate {
	out := &result.Certificate{
		NotBefore:         c.NotBefore.UTC(),
		NotAfter:          c.NotAfter.UTC(),
		PublicKey:         keyName(c.PublicKey, c.PublicKeyAlgorithm.String()),
		SignatureAlg:      c.SignatureAlgorithm.String(),
		SHA256Fingerprint: sha256Hex(c.Raw),
	}
	fill(out, c.RawSubject, c.RawIssuer, c.DNSNames, c.IPAddresses, c.SerialNumber)
	return out
}

// fill sets what both parsers give in the same types.
func fill(out *result.Certificate, subject, issuer []byte, names []string, addrs []net.IP, serial *big.Int) {
	out.Subject, out.Issuer = distinguishedName(subject), distinguishedName(issuer)
	for _, n := range names {
		if len(out.SubjectAltNames) < maxNames {
			out.SubjectAltNames = append(out.SubjectAltNames, printable(n, maxName))
		}
	}
	for _, a := range addrs {
		if len(out.SubjectAltNames) < maxNames {
			out.SubjectAltNames = append(out.SubjectAltNames, a.String())
		}
	}
	if serial != nil {
		out.SerialNumber = printable(fmt.Sprintf("%x", serial), maxName)
	}
}

// distinguishedName writes a DER-encoded name in the form of RFC 4514.
func distinguishedName(der []byte) string {
	var rdns pkix.RDNSequence
	if _, err := asn1.Unmarshal(der, &rdns); err != nil {
		return ""
	}
	return printable(rdns.String(), maxName)
}

// keyName is the kind of a public key and its size.
func keyName(key any, algorithm string) string {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", k.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return printable(algorithm, maxName)
}

func sha256Hex(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// printable cuts s to at most limit bytes and replaces what is no printable
// character by a dot: the text will be shown on terminals.
func printable(s string, limit int) string {
	if len(s) > limit {
		s = s[:limit]
		for !utf8.ValidString(s[len(s)-1:]) && len(s) > limit-utf8.UTFMax {
			s = s[:len(s)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return '.'
		}
		return r
	}, s)
}
