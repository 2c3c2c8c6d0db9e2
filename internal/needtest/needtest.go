// Package needtest says what a test needs of its machine: it skips with a clear line where that is missing, and fails instead in CI.
package needtest

import (
	"os"
	"os/exec"
	"runtime"
	"testing"
)

// Root makes the test need the rights of root on Linux.
func Root(t testing.TB) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		missing(t, "needs root on Linux")
	}
}

// Program makes the test need a program on PATH, and returns its path.
// From says which package of Debian has it.
func Program(t testing.TB, name, from string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		missing(t, "needs the program "+name+" (Debian: "+from+")")
	}
	return path
}

// File makes the test need a file, and returns its content. From says which
// package of Debian has it.
func File(t testing.TB, path, from string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		missing(t, "needs "+path+" (Debian: "+from+")")
	}
	return b
}

func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatal("missing in CI: " + what)
	}
	t.Skip(what)
}
