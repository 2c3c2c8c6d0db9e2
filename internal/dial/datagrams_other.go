//go:build !linux

package dial

import "context"

func newDatagrams(ctx context.Context, d *Dialer) (datagrams, error) {
	return newGoDatagrams(ctx, d), nil
}
