//go:build !linux

package dial

import (
	"net/netip"
	"testing"
)

func silentPort(t *testing.T) netip.AddrPort {
	t.Helper()
	t.Skip("needs a listener that drops SYNs when its queue is full, as Linux has it")
	return netip.AddrPort{}
}
