package cli

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts of testdata/script run the program as its users do. The test
// binary stands in for it, under both names that it answers to.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"sonde": func() { os.Exit(Main(append([]string{"/usr/bin/sonde"}, os.Args[1:]...))) },
		"nmap":  func() { os.Exit(Main(append([]string{"/usr/lib/x/nmap"}, os.Args[1:]...))) },
	})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", RequireExplicitExec: true})
}
