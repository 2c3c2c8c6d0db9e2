package dial

import (
	"fmt"
	"net/netip"
	"time"
)

// Tracer tells of connection attempts, line by line. A nil Tracer is silent.
type Tracer struct {
	Began time.Time         // from which times count
	Say   func(line string) // is called on the goroutine that connects
}

// systemTexts are the faults as system libraries word them, which is how
// scanners print them.
var systemTexts = map[Fault]string{
	FaultNone:           "Connected",
	Refused:             "Connection refused",
	Reset:               "Connection reset by peer",
	TimedOut:            "Connection timed out",
	HostUnreachable:     "No route to host",
	NetUnreachable:      "Network is unreachable",
	Prohibited:          "Permission denied",
	ProtocolUnreachable: "Protocol not available",
	NoNet:               "Machine is not on the network",
	HostDown:            "Host is down",
	NoAddress:           "Cannot assign requested address",
	Denied:              "Operation not permitted",
}

// began tells of an attempt that goes on.
func (t *Tracer) began(to netip.AddrPort) { t.say(to, "Operation now in progress") }

// ended tells how an attempt ended.
func (t *Tracer) ended(to netip.AddrPort, f Fault) {
	text, ok := systemTexts[f]
	if !ok {
		text = f.String()
	}
	t.say(to, text)
}

func (t *Tracer) say(to netip.AddrPort, what string) {
	if t != nil {
		t.Say(fmt.Sprintf("CONN (%.4fs) TCP localhost > %v:%d => %s", time.Since(t.Began).Seconds(), to.Addr(), to.Port(), what))
	}
}
