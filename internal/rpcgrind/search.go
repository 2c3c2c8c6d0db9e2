package rpcgrind

import "math/rand/v2"

// control is a program that nobody serves: the registry leaves 1 to 99999
// unassigned. Who claims to serve it claims to serve everything.
const control = 99_999

// search is what is known of the programs of a port. It sends nothing itself:
// it says which programs to ask for, and is told of answers and losses.
//
// Several calls may be on their way, and answers come in any order. Where a
// port serves several programs the first one of the list is found nevertheless,
// because a verdict waits for the answers of all that stand before it.
type search struct {
	programs []uint32 // the control first, then in the order in which they are asked for
	tries    []uint8  // how often a program was asked for
	answered []bool   // or given up
	maxTries uint8

	base    uint32 // the transaction number of the control's call; that of others follows from their place
	version uint32 // one that nobody serves
	signed  bool   // calls bear a credential
	epoch   int    // how often the search began anew: what was sent before is void

	barrier int   // programs before it are answered before others are asked for
	next    int   // the first program never asked for
	again   []int // programs whose calls were lost
	settled int   // all programs before it are answered

	found     int // place of the program found, -1 if none is
	low, high uint32
	refused   int // place of the first program whose calls are refused with a credential too, -1 if none is
	ending    Ending

	calls, answers, strays int
}

// newSearch looks for the hints first, and for the others after all hints
// were in vain.
func newSearch(hints, others []uint32, maxTries uint8) *search {
	s := &search{maxTries: maxTries, programs: make([]uint32, 0, 1+len(hints)+len(others))}
	s.programs = append(append(append(s.programs, control), hints...), others...)
	if len(hints) > 0 {
		s.barrier = 1 + len(hints)
	}
	s.restart()
	return s
}

// restart begins anew, with fresh numbers.
func (s *search) restart() {
	s.tries = make([]uint8, len(s.programs))
	s.answered = make([]bool, len(s.programs))
	s.base = rand.Uint32()
	s.version = 12345 + rand.Uint32N(123_444_445)
	s.next, s.again, s.settled = 0, nil, 0
	s.found, s.refused = -1, -1
	s.epoch++
}

// done tells whether the verdict is known.
func (s *search) done() bool { return s.ending != 0 }

// take gives the place of the next program to ask for. It is false if there
// is none for now.
func (s *search) take() (at int, ok bool) {
	if s.done() {
		return 0, false
	}
	for len(s.again) > 0 {
		at, s.again = s.again[0], s.again[1:]
		if !s.answered[at] && s.wanted(at) {
			return at, true
		}
	}
	if s.next == len(s.programs) || !s.wanted(s.next) || s.next >= s.barrier && s.settled < s.barrier {
		return 0, false
	}
	s.next++
	return s.next - 1, true
}

// wanted tells whether a program could still change the verdict.
func (s *search) wanted(at int) bool { return s.found < 0 || at < s.found }

// call makes the call for the program at a place, and counts it.
func (s *search) call(at int) call {
	s.calls++
	s.tries[at]++
	return call{xid: s.base + uint32(at), program: s.programs[at], version: s.version, signed: s.signed}
}

// lost is told that the call for a place got no answer.
func (s *search) lost(at int) {
	if s.answered[at] {
		return
	}
	if s.tries[at] >= s.maxTries {
		s.settle(at)
		return
	}
	s.again = append(s.again, at)
}

// unread is told that the call for a place went into a connection that the
// server had closed after an earlier answer. It does not count as a try.
func (s *search) unread(at int) {
	s.tries[at]--
	if !s.answered[at] {
		s.again = append(s.again, at)
	}
}

// maxStrays is how many messages that answer no call are put up with: late
// answers and the work of spoofers, but not a stream of them.
const maxStrays = 64

// stray counts a message that answers no call, or is no reply at all.
func (s *search) stray() {
	if s.strays++; s.strays > maxStrays {
		s.end(Malformed)
	}
}

// answer takes a reply. It gives the place of the program, false if the reply
// is not for any call that waits for one.
func (s *search) answer(r Reply) (at int, ok bool) {
	offset := r.XID - s.base // wraps around for foreign numbers
	if offset >= uint32(s.next) {
		s.stray()
		return 0, false
	}
	at = int(offset)
	if s.answered[at] || s.done() {
		return 0, false // the answer to a retransmission
	}
	s.answers++
	switch r.Status {
	case ProgMismatch:
		s.serves(at, r.Low, r.High)
	case Success, ProcUnavailable: // whatever the version
		s.serves(at, 0, 0)
	case RPCMismatch:
		s.end(Malformed) // to a call of the one version that there is
	case AuthError:
		if !s.signed {
			s.signed = true
			s.restart()
			return at, true
		}
		s.refuses(at)
	}
	s.settle(at)
	return at, true
}

// serves takes note that a program is there.
func (s *search) serves(at int, low, high uint32) {
	if at == 0 {
		s.end(Indiscriminate)
		return
	}
	if s.wanted(at) {
		s.found, s.low, s.high = at, low, high
	}
}

// refuses takes note that a program refuses calls even with a credential. A
// server that refuses all programs alike says so by the control.
func (s *search) refuses(at int) {
	if at == 0 {
		s.end(Refused)
		return
	}
	if s.refused < 0 || at < s.refused {
		s.refused = at
	}
}

// settle takes note that a program is done with, and draws the verdict if it
// was the last one to wait for.
func (s *search) settle(at int) {
	s.answered[at] = true
	for s.settled < len(s.programs) && s.answered[s.settled] {
		s.settled++
	}
	switch {
	case s.found >= 0 && s.settled > s.found:
		s.end(Identified)
	case s.settled < len(s.programs):
	case s.refused >= 0:
		// All other programs are unavailable: this one is there.
		s.found = s.refused
		s.end(Identified)
	case s.answers == 0:
		s.end(Silent)
	default:
		s.end(Unlisted)
	}
}

// end draws a verdict; the first one stands.
func (s *search) end(e Ending) {
	if s.ending == 0 {
		s.ending = e
	}
}
