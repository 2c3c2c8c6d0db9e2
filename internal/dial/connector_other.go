//go:build !linux

package dial

import "context"

func newConnector(ctx context.Context, d *Dialer) (connector, error) {
	return newGoConnector(ctx, d), nil
}
