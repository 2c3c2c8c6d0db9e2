// Command ctl starts and stops the lab of real servers: go run ./lab/ctl up|down|list [NAME ...].
package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"sonde/lab"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("usage: up|down|list [NAME ...]")
	}
	servers := lab.Servers()
	if len(args) > 1 {
		servers = slices.DeleteFunc(servers, func(s lab.Server) bool { return !slices.Contains(args[1:], s.Name) })
	}
	l, err := lab.New(lab.Dir, func(f string, a ...any) { fmt.Fprintf(os.Stderr, "lab: "+f+"\n", a...) })
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		if err := l.Install(servers); err != nil {
			return err
		}
		return l.Up(context.Background(), servers, 2*time.Minute)
	case "down":
		return l.Down(servers)
	case "list":
		for _, s := range servers {
			for _, p := range s.Ports {
				fmt.Printf("%-12s %5d/%s tls=%-5v %-12s %s %s\n", s.Name, p.Number, p.Protocol, p.TLS, p.Service, p.Product, l.Version(s, p))
			}
		}
		return nil
	}
	return fmt.Errorf("%s: not one of up, down, list", args[0])
}
