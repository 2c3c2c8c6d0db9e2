package result

// Reason says which observation led to a state.
type Reason uint8

// The reasons, named as reports print them.
const (
	ReasonUnknown Reason = iota // "unknown-response"
	ReasonReset
	ReasonConnRefused
	ReasonSynAck
	ReasonSplitHandshakeSyn
	ReasonUDPResponse
	ReasonProtoResponse
	ReasonPermDenied
	ReasonNetUnreach
	ReasonHostUnreach
	ReasonProtoUnreach
	ReasonPortUnreach
	ReasonEchoReply
	ReasonDestUnreach
	ReasonSourceQuench
	ReasonNetProhibited
	ReasonHostProhibited
	ReasonAdminProhibited
	ReasonTimeExceeded
	ReasonTimestampReply
	ReasonAddressMaskReply
	ReasonNoIPIDChange
	ReasonIPIDChange
	ReasonARPResponse
	ReasonNDResponse
	ReasonTCPResponse
	ReasonNoResponse
	ReasonInitAck
	ReasonAbort
	ReasonLocalhostResponse
	ReasonScriptSet
	ReasonUserSet
	ReasonNoRoute
	ReasonBeyondScope
	ReasonRejectRoute
	ReasonParamProblem
)

var reasonNames = [...]string{
	ReasonUnknown:           "unknown-response",
	ReasonReset:             "reset",
	ReasonConnRefused:       "conn-refused",
	ReasonSynAck:            "syn-ack",
	ReasonSplitHandshakeSyn: "split-handshake-syn",
	ReasonUDPResponse:       "udp-response",
	ReasonProtoResponse:     "proto-response",
	ReasonPermDenied:        "perm-denied",
	ReasonNetUnreach:        "net-unreach",
	ReasonHostUnreach:       "host-unreach",
	ReasonProtoUnreach:      "proto-unreach",
	ReasonPortUnreach:       "port-unreach",
	ReasonEchoReply:         "echo-reply",
	ReasonDestUnreach:       "dest-unreach",
	ReasonSourceQuench:      "source-quench",
	ReasonNetProhibited:     "net-prohibited",
	ReasonHostProhibited:    "host-prohibited",
	ReasonAdminProhibited:   "admin-prohibited",
	ReasonTimeExceeded:      "time-exceeded",
	ReasonTimestampReply:    "timestamp-reply",
	ReasonAddressMaskReply:  "addressmask-reply",
	ReasonNoIPIDChange:      "no-ipid-change",
	ReasonIPIDChange:        "ipid-change",
	ReasonARPResponse:       "arp-response",
	ReasonNDResponse:        "nd-response",
	ReasonTCPResponse:       "tcp-response",
	ReasonNoResponse:        "no-response",
	ReasonInitAck:           "init-ack",
	ReasonAbort:             "abort",
	ReasonLocalhostResponse: "localhost-response",
	ReasonScriptSet:         "script-set",
	ReasonUserSet:           "user-set",
	ReasonNoRoute:           "no-route",
	ReasonBeyondScope:       "beyond-scope",
	ReasonRejectRoute:       "reject-route",
	ReasonParamProblem:      "param-problem",
}

// String is the reason as reports print it, such as "conn-refused".
func (r Reason) String() string { return enumName(reasonNames[:], int(r)) }
