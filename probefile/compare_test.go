package probefile

import (
	"bytes"
	"fmt"
	"slices"

	"sonde/portspec"
	"sonde/result"
)

// difference says where two databases differ, but for positions and what only
// native files hold.
func difference(a, b *File) string {
	if a.HasExclude != b.HasExclude || !equalPorts(a.Exclude, b.Exclude) {
		return fmt.Sprintf("Exclude %v and %v", a.Exclude, b.Exclude)
	}
	if len(a.Probes) != len(b.Probes) {
		return fmt.Sprintf("%d and %d probes", len(a.Probes), len(b.Probes))
	}
	for i, p := range a.Probes {
		q := b.Probes[i]
		if p.Protocol != q.Protocol || p.Name != q.Name || !bytes.Equal(p.Payload, q.Payload) || p.NoPayload != q.NoPayload ||
			!p.Ports.Equal(q.Ports) || !p.SSLPorts.Equal(q.SSLPorts) || p.TotalWait != q.TotalWait ||
			p.TCPWrapped != q.TCPWrapped || p.Rarity != q.Rarity || !slices.Equal(p.Fallback, q.Fallback) ||
			len(p.Signatures) != len(q.Signatures) {
			return fmt.Sprintf("probe %+v\nand %+v", p, q)
		}
		for j, s := range p.Signatures {
			r := q.Signatures[j]
			if s.Service != r.Service || s.Pattern != r.Pattern || s.Flags != r.Flags || s.Soft != r.Soft || !slices.Equal(s.Templates, r.Templates) {
				return fmt.Sprintf("signature %+v\nand %+v", s, r)
			}
		}
	}
	return ""
}

func equalPorts(a, b portspec.Ports) bool {
	for _, p := range []result.Protocol{result.TCP, result.UDP, result.SCTP, result.IP} {
		if !a.Of(p).Equal(b.Of(p)) {
			return false
		}
	}
	return true
}
