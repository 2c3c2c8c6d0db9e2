// Command sonde finds hosts, open ports and what runs behind them.
package main

import (
	"os"

	"sonde/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args)) }
