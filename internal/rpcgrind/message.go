package rpcgrind

import (
	"errors"
	"fmt"
)

// What a message begins with after its transaction number (RFC 5531 section 9).
const (
	msgCall  = 0
	msgReply = 1

	rpcVersion = 2

	replyAccepted = 0
	replyDenied   = 1

	authNone = 0
	authSys  = 1
	maxAuth  = 400 // bytes of a credential or verifier
)

// Status is how a server took a call.
type Status uint8

// The statuses of accepted calls in the order of RFC 5531, then those of denied ones.
const (
	Success Status = iota
	ProgUnavailable
	ProgMismatch
	ProcUnavailable
	GarbageArguments
	SystemError
	RPCMismatch
	AuthError
)

var statusNames = [...]string{"success", "program unavailable", "version mismatch", "procedure unavailable",
	"garbage arguments", "system error", "RPC version mismatch", "authentication error"}

// String names the status.
func (s Status) String() string {
	if int(s) < len(statusNames) {
		return statusNames[s]
	}
	return fmt.Sprintf("status %d", uint8(s))
}

// Reply is an answer to a call.
type Reply struct {
	XID    uint32 // the transaction number of the call
	Status Status
	// Low and High are the versions that a server knows, for both kinds of mismatch.
	Low, High uint32
	// Results follow a success; they are a part of the bytes that were decoded.
	Results []byte
}

var (
	errTruncated = errors.New("reply is cut short")
	errNotReply  = errors.New("not a reply")
)

// DecodeReply reads a reply. What is left over after a complete one does not
// matter, as with RFC 5531's own reference implementation.
func DecodeReply(b []byte) (Reply, error) {
	r := reader{rest: b}
	reply := Reply{XID: r.uint32()}
	if kind := r.uint32(); kind != msgReply && !r.spoilt {
		return Reply{}, errNotReply
	}
	var err error
	switch kind := r.uint32(); {
	case r.spoilt:
	case kind == replyAccepted:
		err = reply.accepted(&r)
	case kind == replyDenied:
		err = reply.denied(&r)
	default:
		err = fmt.Errorf("reply is neither accepted nor denied, but %d", kind)
	}
	switch {
	case r.spoilt:
		return Reply{}, errTruncated
	case err != nil:
		return Reply{}, err
	}
	return reply, nil
}

func (reply *Reply) accepted(r *reader) error {
	r.uint32() // flavour of the verifier
	r.opaque(maxAuth)
	status := r.uint32()
	if status > uint32(SystemError) {
		return fmt.Errorf("call is accepted with the unknown status %d", status)
	}
	reply.Status = Status(status)
	switch reply.Status {
	case Success:
		reply.Results = r.rest
	case ProgMismatch:
		reply.Low, reply.High = r.uint32(), r.uint32()
	}
	return nil
}

func (reply *Reply) denied(r *reader) error {
	switch why := r.uint32(); why {
	case 0:
		reply.Status = RPCMismatch
		reply.Low, reply.High = r.uint32(), r.uint32()
	case 1:
		reply.Status = AuthError
		r.uint32() // why; servers do not agree on it
	default:
		return fmt.Errorf("call is denied for the unknown reason %d", why)
	}
	return nil
}

// call is a call without arguments.
type call struct {
	xid, program, version, procedure uint32
	// signed adds a credential of the flavour AUTH_SYS, that of nobody in
	// particular, for servers that refuse calls without any.
	signed bool
}

// nobody is the user and group of a credential: no system gives them a right.
const nobody = 65534

// append writes the call.
func (c call) append(b []byte) []byte {
	b = appendUint32s(b, c.xid, msgCall, rpcVersion, c.program, c.version, c.procedure)
	if c.signed {
		// Flavour and length; stamp, empty machine name, user, group, no more groups.
		b = appendUint32s(b, authSys, 20, c.xid, 0, nobody, nobody, 0)
	} else {
		b = appendUint32s(b, authNone, 0)
	}
	return appendUint32s(b, authNone, 0)
}
