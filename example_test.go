package sonde_test

import (
	"context"
	"fmt"
	"log"
	"net"
	"strconv"

	"sonde"
	"sonde/result"
)

// A scan of two ports of this machine, one of which is open.
func Example() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	open := l.Addr().(*net.TCPAddr).Port

	scanner, err := sonde.New(sonde.Options{
		Targets:   []string{"127.0.0.1"},
		Ports:     strconv.Itoa(open),
		Discovery: sonde.Discovery{None: true},
	})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range scanner.Scan(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		if e, ok := event.(result.HostDone); ok {
			for _, p := range e.Host.Ports {
				fmt.Println(e.Host.Addr, p.Protocol, p.State, p.Reason)
			}
		}
	}
	// Output: 127.0.0.1 tcp open syn-ack
}

// A list scan sends nothing: it shows what a target expression means.
func ExampleScanner_Scan() {
	scanner, err := sonde.New(sonde.Options{
		Targets:    []string{"192.0.2.0/30"},
		Exclude:    []string{"192.0.2.2"},
		ListOnly:   true,
		ReverseDNS: sonde.DNSNever,
	})
	if err != nil {
		log.Fatal(err)
	}
	for event, err := range scanner.Scan(context.Background()) {
		if err != nil {
			log.Fatal(err)
		}
		switch e := event.(type) {
		case result.HostDone:
			fmt.Println(e.Host.Addr, e.Host.State)
		case result.ScanDone:
			fmt.Println(e.Hosts.Total, "addresses")
		}
	}
	// Output:
	// 192.0.2.0 unknown
	// 192.0.2.1 unknown
	// 192.0.2.3 unknown
	// 3 addresses
}
