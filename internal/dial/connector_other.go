//go:build !linux

package dial

import "context"

func newConnector(ctx context.Context, d *Dialer) (Connector, error) {
	return newGoConnector(ctx, d), nil
}
