//go:build linux

// Package dialtest gives tests networks of their own, in which they may drop, refuse and route packets as they like.
package dialtest

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"sonde/internal/needtest"
)

// Network is a network namespace with its own thread. It is gone when the test ends.
type Network struct {
	t    testing.TB
	path string // of the namespace
	work chan func()
	done sync.WaitGroup
}

// New makes a network that has nothing but a loopback interface. The test
// needs root on Linux.
func New(t testing.TB) *Network {
	t.Helper()
	needtest.Root(t)
	n := &Network{t: t, work: make(chan func())}
	ready := make(chan error)
	n.done.Go(func() {
		runtime.LockOSThread() // and never unlocked: the thread and its namespace end with the goroutine
		err := unix.Unshare(unix.CLONE_NEWNET)
		n.path = fmt.Sprintf("/proc/%d/task/%d/ns/net", os.Getpid(), unix.Gettid())
		ready <- err
		for f := range n.work {
			f()
		}
	})
	t.Cleanup(func() { close(n.work); n.done.Wait() })
	if err := <-ready; err != nil {
		t.Skipf("needs the right to make network namespaces: %v", err)
	}
	n.Command("ip", "link", "set", "lo", "up")
	return n
}

// Do runs f on the network's thread. Sockets that f makes on its own goroutine
// belong to the network; f must not end the test.
func (n *Network) Do(f func()) {
	done := make(chan struct{})
	n.work <- func() { defer close(done); f() }
	<-done
}

// Command runs a program in the network, and ends the test if it fails.
func (n *Network) Command(name string, args ...string) []byte {
	n.t.Helper()
	return n.feed("", name, args...)
}

// Firewall loads rules in the language of nft.
func (n *Network) Firewall(rules string) {
	n.t.Helper()
	n.feed(rules, needtest.Program(n.t, "nft", "nftables"), "-f", "-")
}

func (n *Network) feed(stdin, name string, args ...string) []byte {
	n.t.Helper()
	var out []byte
	var err error
	n.Do(func() {
		cmd := exec.Command(name, args...) // a child has the network of the thread that starts it
		cmd.Stdin = strings.NewReader(stdin)
		out, err = cmd.CombinedOutput()
	})
	if err != nil {
		n.t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// Join lays a wire between two networks. The names of its ends, and their
// addresses with prefix lengths, are given for each side.
func Join(a *Network, nameA string, addrsA []string, b *Network, nameB string, addrsB []string) {
	a.t.Helper()
	a.Command("ip", "link", "add", nameA, "type", "veth", "peer", "name", nameB, "netns", b.path)
	a.address(nameA, addrsA)
	b.address(nameB, addrsB)
}

func (n *Network) address(name string, addrs []string) {
	n.t.Helper()
	for _, a := range addrs {
		args := []string{"addr", "add", a, "dev", name}
		if strings.Contains(a, ":") {
			args = append(args, "nodad") // usable at once
		}
		n.Command("ip", args...)
	}
	n.Command("ip", "link", "set", name, "up")
}
