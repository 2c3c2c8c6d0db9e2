package resolve

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// question is the question for one record type of an absolute name.
func question(name string, kind dnsmessage.Type) (dnsmessage.Question, error) {
	n, err := dnsmessage.NewName(name)
	if err != nil {
		return dnsmessage.Question{}, fmt.Errorf("name %q: %w", name, err)
	}
	return dnsmessage.Question{Name: n, Type: kind, Class: dnsmessage.ClassINET}, nil
}

func query(id uint16, q dnsmessage.Question) ([]byte, error) {
	b := dnsmessage.NewBuilder(make([]byte, 0, 512), dnsmessage.Header{ID: id, RecursionDesired: true})
	if err := b.StartQuestions(); err != nil {
		return nil, err
	}
	if err := b.Question(q); err != nil {
		return nil, err
	}
	return b.Finish()
}

// reply is what a server answered.
type reply struct {
	pointer string // without the dot at the end
	addrs   []netip.Addr
}

// parseReply reads an answer to a question. It is not ours if it has another
// ID or another question: a stray or forged datagram, to be passed over. The
// error is errNotFound if there is no such record, and errUnusable if the
// server does not tell, or its answer was cut off or is garbled.
func parseReply(msg []byte, id uint16, q dnsmessage.Question) (rep reply, ours bool, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || h.ID != id || !h.Response {
		return reply{}, false, errUnusable
	}
	got, err := p.Question()
	if err == nil && (got.Type != q.Type || got.Class != q.Class || !sameName(got.Name, q.Name)) {
		return reply{}, false, errUnusable
	}
	switch {
	case h.RCode == dnsmessage.RCodeNameError:
		return reply{}, true, errNotFound
	case err != nil || h.RCode != dnsmessage.RCodeSuccess || h.Truncated:
		return reply{}, true, errUnusable
	}
	if err := p.SkipAllQuestions(); err != nil {
		return reply{}, true, errUnusable
	}
	answers, err := p.AllAnswers()
	if err != nil {
		return reply{}, true, errUnusable
	}
	rep = records(answers, q)
	if rep.pointer == "" && rep.addrs == nil {
		return reply{}, true, errNotFound
	}
	return rep, true, nil
}

// maxAliases is how many CNAME records are followed.
const maxAliases = 8

// records picks the records that answer a question, also behind aliases, as
// networks smaller than 256 addresses have them (RFC 2317).
func records(answers []dnsmessage.Resource, q dnsmessage.Question) (rep reply) {
	name := q.Name
	for range maxAliases {
		next, alias := name, false
		for _, a := range answers {
			if !sameName(a.Header.Name, name) {
				continue
			}
			switch body := a.Body.(type) {
			case *dnsmessage.CNAMEResource:
				next, alias = body.CNAME, true
			case *dnsmessage.PTRResource:
				if q.Type == dnsmessage.TypePTR && rep.pointer == "" {
					rep.pointer = strings.TrimSuffix(body.PTR.String(), ".")
				}
			case *dnsmessage.AResource:
				if q.Type == dnsmessage.TypeA {
					rep.addrs = append(rep.addrs, netip.AddrFrom4(body.A))
				}
			case *dnsmessage.AAAAResource:
				if q.Type == dnsmessage.TypeAAAA {
					rep.addrs = append(rep.addrs, netip.AddrFrom16(body.AAAA))
				}
			}
		}
		if rep.pointer != "" || rep.addrs != nil || !alias {
			return rep
		}
		name = next
	}
	return rep
}

func sameName(a, b dnsmessage.Name) bool { return strings.EqualFold(a.String(), b.String()) }
