package portscan

import (
	"math/rand/v2"
	"slices"

	"sonde/portspec"
	"sonde/result"
)

// plan is in which order the ports of a set are probed. Hosts share it.
type plan struct {
	set   portspec.Set
	ports []uint16 // ascending; an index into it is a port's rank
	order []uint16 // ranks in the order of probing
}

// popular are the TCP ports that are open most often. They are probed first,
// so that timing has answers to learn from.
var popular = []uint16{80, 23, 443, 21, 22, 25, 3389, 110, 445, 139, 143, 53, 135, 3306, 8080, 1723, 111, 995, 993, 5900,
	1025, 587, 8888, 199, 1720, 113, 554, 256}

// newPlan orders a set: ascending, or shuffled by seed with popular TCP ports first.
func newPlan(set portspec.Set, p result.Protocol, ascending bool, seed uint64) *plan {
	pl := &plan{set: set, ports: slices.AppendSeq(make([]uint16, 0, set.Len()), set.All())}
	pl.order = make([]uint16, len(pl.ports))
	for i := range pl.order {
		pl.order[i] = uint16(i)
	}
	if ascending {
		return pl
	}
	rng := rand.New(rand.NewPCG(seed, uint64(p)))
	rng.Shuffle(len(pl.order), func(i, j int) { pl.order[i], pl.order[j] = pl.order[j], pl.order[i] })
	if p == result.TCP {
		pl.promote()
	}
	return pl
}

// promote moves the popular ports to the front, in the order they have.
func (pl *plan) promote() {
	first := make([]uint16, 0, len(pl.order))
	var rest []uint16
	for _, rank := range pl.order {
		if slices.Contains(popular, pl.ports[rank]) {
			first = append(first, rank)
		} else {
			rest = append(rest, rank)
		}
	}
	pl.order = append(first, rest...)
}
