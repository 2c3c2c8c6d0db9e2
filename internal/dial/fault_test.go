package dial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

func TestFaultOn(t *testing.T) {
	wrapped := func(network string, err error) error {
		return fmt.Errorf("read greeting: %w", &net.OpError{Op: "read", Net: network, Err: os.NewSyscallError("read", err)})
	}
	for _, c := range []struct {
		system, arch string
		err          error
		want         Fault
	}{
		{"linux", "amd64", nil, FaultNone},
		{"linux", "amd64", wrapped("tcp", syscall.Errno(111)), Refused},
		{"linux", "amd64", wrapped("udp", syscall.Errno(111)), Refused},
		{"linux", "amd64", wrapped("tcp", syscall.Errno(104)), Reset},
		{"linux", "amd64", wrapped("tcp", syscall.Errno(64)), NoNet},
		{"linux", "amd64", wrapped("tcp", syscall.Errno(9999)), Other},
		{"linux", "mipsle", wrapped("tcp", syscall.Errno(146)), Refused},
		{"linux", "mips64", wrapped("tcp", syscall.Errno(111)), Other},
		{"android", "arm64", wrapped("tcp", syscall.Errno(113)), HostUnreachable},
		{"darwin", "arm64", wrapped("tcp", syscall.Errno(61)), Refused},
		{"freebsd", "amd64", wrapped("tcp", syscall.Errno(65)), HostUnreachable},
		{"openbsd", "amd64", wrapped("tcp", syscall.Errno(54)), Reset},
		{"netbsd", "amd64", wrapped("tcp", syscall.Errno(24)), TooManyFiles},
		{"solaris", "amd64", wrapped("tcp", syscall.Errno(146)), Refused},
		{"illumos", "amd64", wrapped("tcp", syscall.Errno(128)), NetUnreachable},
		{"windows", "amd64", wrapped("tcp", syscall.Errno(10061)), Refused},
		{"windows", "amd64", wrapped("tcp", syscall.Errno(1225)), Refused},
		{"windows", "amd64", wrapped("tcp", syscall.Errno(10054)), Reset},
		{"windows", "amd64", wrapped("udp4", syscall.Errno(10054)), Refused},
		{"windows", "amd64", wrapped("udp6", syscall.Errno(10052)), TimedOut},
		{"windows", "amd64", wrapped("udp", syscall.Errno(1234)), Refused},
		{"linux", "amd64", fmt.Errorf("read: %w", os.ErrDeadlineExceeded), TimedOut},
		{"linux", "amd64", context.DeadlineExceeded, TimedOut},
		{"linux", "amd64", &net.DNSError{IsTimeout: true}, TimedOut},
		{"linux", "amd64", &net.OpError{Op: "dial", Net: "tcp", Err: context.Canceled}, Canceled},
		{"linux", "amd64", net.ErrClosed, Canceled},
		{"linux", "amd64", io.ErrClosedPipe, Canceled},
		{"linux", "amd64", fmt.Errorf("read: %w", io.EOF), EOF},
		{"linux", "amd64", io.ErrUnexpectedEOF, EOF},
		{"linux", "amd64", errSelfConnect, Refused},
		{"linux", "amd64", errors.New("no idea"), Other},
	} {
		if got := faultOn(c.system, c.arch, c.err); got != c.want {
			t.Errorf("on %s/%s: %v is %q, want %q", c.system, c.arch, c.err, got, c.want)
		}
	}
}

// The numbers of every system are compared with those of Go's own source.
func TestErrnoTables(t *testing.T) {
	names := map[string]Fault{"EPERM": Denied, "EACCES": Prohibited, "ENFILE": TooManyFiles, "EMFILE": TooManyFiles, "EPIPE": BrokenPipe,
		"ENONET": NoNet, "ENOPROTOOPT": ProtocolUnreachable, "EADDRNOTAVAIL": NoAddress, "ENETDOWN": NetDown,
		"ENETUNREACH": NetUnreachable, "ENETRESET": NetReset, "ECONNABORTED": Aborted, "ECONNRESET": Reset, "ENOBUFS": NoBuffers,
		"ETIMEDOUT": TimedOut, "ECONNREFUSED": Refused, "EHOSTDOWN": HostDown, "EHOSTUNREACH": HostUnreachable}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skipf("needs the source of Go: %v", err)
	}
	root := strings.TrimSpace(string(out))
	line := regexp.MustCompile(`(?m)^\s+(E[A-Z]+)\s+= Errno\((0x[0-9a-f]+|\d+)\)`)
	for _, pair := range [][2]string{{"linux", "amd64"}, {"linux", "arm64"}, {"linux", "386"}, {"linux", "mipsle"}, {"linux", "mips64"}, {"linux", "s390x"},
		{"darwin", "arm64"}, {"freebsd", "amd64"}, {"openbsd", "amd64"}, {"netbsd", "amd64"}, {"dragonfly", "amd64"}, {"solaris", "amd64"}} {
		file := filepath.Join(root, "src", "syscall", "zerrors_"+pair[0]+"_"+pair[1]+".go")
		src, err := os.ReadFile(file)
		if err != nil {
			t.Skipf("needs the source of Go: %v", err)
		}
		found := 0
		for _, m := range line.FindAllStringSubmatch(string(src), -1) {
			want, ok := names[m[1]]
			if !ok {
				continue
			}
			n, err := strconv.ParseUint(m[2], 0, 32)
			if err != nil {
				t.Fatal(err)
			}
			found++
			if got := errnoFault(pair[0], pair[1], false, syscall.Errno(n)); got != want && (m[1] != "ENONET" || got != Other) {
				t.Errorf("%s/%s: %s = %d is %q, want %q", pair[0], pair[1], m[1], n, got, want)
			}
		}
		if found < 16 {
			t.Errorf("%s/%s: only %d of the numbers found in %s", pair[0], pair[1], found, file)
		}
	}
}

func TestFaultNames(t *testing.T) {
	seen := map[string]bool{}
	for f := FaultNone; f <= Other; f++ {
		s := f.String()
		if s == "" || s == "invalid" || seen[s] {
			t.Errorf("fault %d is called %q", f, s)
		}
		seen[s] = true
	}
}
