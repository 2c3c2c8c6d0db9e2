package service

import (
	"context"
	"time"

	"sonde/match"
	"sonde/result"
)

// sequential sends one probe after the other, each on its own connection but
// for the first one after the NULL probe, and waits for each to the end. It is
// the strategy of Nmap, and finds what Nmap finds.
func (d *detection) sequential(ctx context.Context) verdict {
	probes := newOrder(d.config, d.target, d.tunnel)
	var c *conversation
	defer func() {
		if c != nil {
			c.close()
		}
	}()
	for {
		// 1. The next probe, if any is left.
		p := probes.next(d.known.softName())
		if p == nil {
			return d.unsettled()
		}
		// 2. A connection.
		if c == nil {
			var err error
			if c, err = d.connect(ctx); err != nil {
				d.notes.gaveUp(d.target, err)
				return incomplete
			}
		}
		// 3. Question and answer.
		d.notes.sending(p.Name, d.target)
		sent := time.Now()
		end, err := c.exchange(ctx, p, d.buf, func(heard []byte) bool { return d.hear(p, heard) })
		// 4. What it means.
		if v := d.weigh(p, end, err, c.heard, time.Since(sent)); v != undecided {
			return v
		}
		// 5. A silent service may still be waiting for a question: that of the
		// next probe, with what the service said already kept in front.
		if !isNull(p) || end != quiet {
			c.close()
			c = nil
		}
	}
}

// hear is what happens when a service says something: first of all, it lives.
func (d *detection) hear(p *match.Probe, heard []byte) bool {
	d.wrappable = false
	if d.target.Protocol == result.UDP {
		d.proveOpen(result.ReasonUDPResponse)
	}
	return d.judge(p, p.Name, heard)
}

// weigh decides what the end of an exchange means for the service.
func (d *detection) weigh(p *match.Probe, end ending, err error, heard []byte, took time.Duration) verdict {
	switch end {
	case settled:
		return d.settle()
	case quiet:
		d.wrappable = false
		d.record(p, heard)
	case closed:
		d.record(p, heard)
		return d.hungUp(p, heard, took)
	case reset:
		return d.hungUp(p, heard, took)
	case broken:
	case lost:
		d.wrappable = false
		d.notes.failed(d.target, err)
		return incomplete
	case unsent:
		d.notes.failed(d.target, err)
		return incomplete
	case overtaken:
		d.wrappable = false
		return incomplete
	}
	return undecided
}

// hungUp is the verdict when the peer ended the connection: wrapped at once if
// it did so before a word was said, and soon.
func (d *detection) hungUp(p *match.Probe, heard []byte, took time.Duration) verdict {
	if d.wrappable && isNull(p) && len(heard) == 0 && took < wrappedWait(p) {
		return wrapped
	}
	return undecided
}

// unsettled is the verdict when no probe is left.
func (d *detection) unsettled() verdict {
	if d.known.soft {
		return soft
	}
	return noMatch
}

func isNull(p *match.Probe) bool { return len(p.Payload) == 0 }
