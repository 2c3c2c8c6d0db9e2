package report

import (
	"strings"
	"time"

	"sonde/result"
)

// extraScript is the name under which --extras shows a port's TLS session. In
// the clothes of a script result, XML stays valid and its readers show it.
const extraScript = "sonde-tls"

// scriptsOf is what to show below a port: the results of its scripts, and
// with --extras what only sonde knows.
func (o *Options) scriptsOf(p *result.Port) []result.ScriptOutput {
	if !o.Extras || p.Service == nil || p.Service.TLS == nil {
		return p.Scripts
	}
	items := tlsItems(p.Service.TLS)
	extra := result.ScriptOutput{ID: extraScript, Text: string(appendItems(nil, items, 1)), Data: items}
	return append(p.Scripts[:len(p.Scripts):len(p.Scripts)], extra)
}

func tlsItems(tls *result.TLS) []result.ScriptItem {
	items := known(
		result.ScriptItem{Key: "version", Text: tls.Version},
		result.ScriptItem{Key: "cipher", Text: tls.CipherSuite},
		result.ScriptItem{Key: "alpn", Text: tls.ALPN},
		result.ScriptItem{Key: "server-name", Text: tls.ServerName},
	)
	if c := tls.Certificate; c != nil {
		items = append(items, result.ScriptItem{Key: "certificate", Table: true, Items: known(
			result.ScriptItem{Key: "subject", Text: c.Subject},
			result.ScriptItem{Key: "issuer", Text: c.Issuer},
			result.ScriptItem{Key: "names", Text: strings.Join(c.SubjectAltNames, ", ")},
			result.ScriptItem{Key: "not-before", Text: date(c.NotBefore)},
			result.ScriptItem{Key: "not-after", Text: date(c.NotAfter)},
			result.ScriptItem{Key: "public-key", Text: c.PublicKey},
			result.ScriptItem{Key: "signature", Text: c.SignatureAlg},
			result.ScriptItem{Key: "serial", Text: c.SerialNumber},
			result.ScriptItem{Key: "sha256", Text: c.SHA256Fingerprint},
		)})
	}
	return items
}

// known leaves out the items without text.
func known(items ...result.ScriptItem) []result.ScriptItem {
	kept := items[:0]
	for _, it := range items {
		if it.Text != "" {
			kept = append(kept, it)
		}
	}
	return kept
}

// date is an instant in UTC, as certificates hold it; empty if there is none.
func date(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
