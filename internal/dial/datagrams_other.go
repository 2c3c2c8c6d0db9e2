//go:build !linux

package dial

import "context"

func newDatagrams(ctx context.Context, d *Dialer) (Datagrams, error) {
	return newGoDatagrams(ctx, d), nil
}
