// Servers of any age are to be understood, and nothing is believed because of
// a certificate.
//
//go:debug tlssha1=1
//go:debug rsa1024min=0
//go:debug x509negativeserial=1

// Command sonde finds hosts, open ports and what runs behind them.
package main

import (
	"os"

	"sonde/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args)) }
