//go:build !linux && !darwin

package tunnel

import (
	"context"
	"errors"
	"net"

	"sonde/result"
)

// haveLegacy tells whether the Legacy stack exists on this system: zcrypto
// does not build here.
const haveLegacy = false

type legacySessions struct{}

func newLegacySessions() legacySessions { return legacySessions{} }

func legacyHandshake(context.Context, net.Conn, Config, sessions) (net.Conn, result.TLS, error) {
	return nil, result.TLS{}, errors.ErrUnsupported
}

func legacyNotTLS(error) bool { return false }

func describeLegacy(*result.Certificate, []byte) {}
