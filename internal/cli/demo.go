package cli

import (
	"context"
	"fmt"
	"strings"

	"sonde/internal/demo"
)

// runDemo starts servers and scans them, showing the command line that does it.
func runDemo(ctx context.Context, v *invocation, _ []string) error {
	servers, err := demo.Start(ctx)
	if err != nil {
		return err
	}
	defer servers.Close()
	v.args = []string{"-n", "-sTUV", "-T4", "-p", servers.Ports(), servers.Addr().String()}
	if _, err := fmt.Fprintf(v.stdout, "$ sonde %s\n", strings.Join(v.args, " ")); err != nil {
		return err
	}
	l, err := parse(v.args)
	if err != nil {
		return err
	}
	p, err := interpret(l)
	if err != nil {
		return err
	}
	return v.scan(ctx, p)
}
