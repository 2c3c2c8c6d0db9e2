package sonde_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/result"
)

// silent opens a port that accepts and says nothing.
func silent(t *testing.T) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// greeting opens a port that says one line to everybody.
func greeting(t *testing.T, line string) (port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Write([]byte(line))
			c.Close()
		}
	})
	t.Cleanup(func() { l.Close(); conns.Wait() })
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func options(ports string) sonde.Options {
	return sonde.Options{
		Targets: []string{"127.0.0.1"}, Ports: ports, ReverseDNS: sonde.DNSNever,
		Discovery: sonde.Discovery{None: true}, Version: sonde.VersionOptions{Enabled: true},
	}
}

func newScanner(t *testing.T, opt sonde.Options) *sonde.Scanner {
	t.Helper()
	s, err := sonde.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// hosts runs a scan to its end and gives the hosts it reported.
func hosts(t *testing.T, s *sonde.Scanner) (found []result.Host) {
	t.Helper()
	var last result.Event
	for e, err := range s.Scan(context.Background()) {
		if err != nil {
			t.Fatal(err)
		}
		if h, ok := e.(result.HostDone); ok {
			found = append(found, h.Host)
		}
		last = e
	}
	if _, ok := last.(result.ScanDone); !ok {
		t.Errorf("last event is %T, want ScanDone", last)
	}
	return found
}

func TestServiceIsNamed(t *testing.T) {
	got := hosts(t, newScanner(t, options(greeting(t, "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"))))
	if len(got) != 1 || len(got[0].Ports) != 1 || got[0].Ports[0].Service == nil {
		t.Fatalf("got %+v", got)
	}
	s := got[0].Ports[0].Service
	if s.Name != "ssh" || s.Product != "OpenSSH" || !strings.HasPrefix(s.Version, "9.2p1") || s.Method != result.MethodProbed {
		t.Errorf("got %+v", *s)
	}
}

// A Scanner may scan twice, and two scans may run at once.
func TestScansDoNotDisturbEachOther(t *testing.T) {
	s := newScanner(t, options(greeting(t, "SSH-2.0-dropbear_2022.83\r\n")))
	var scans sync.WaitGroup
	for range 2 {
		scans.Go(func() {
			for range 2 {
				got := hosts(t, s)
				if len(got) != 1 || got[0].Ports[0].Service.Product != "Dropbear sshd" {
					t.Errorf("got %+v", got)
				}
			}
		})
	}
	scans.Wait()
}

// Cancelling ends a scan at once, and leaves no goroutine behind: the bubble
// of synctest does not end before all goroutines in it have. Time stands still
// in it while a socket is waited for, so nothing here ends by a timeout.
func TestCancelledScanEndsAtOnce(t *testing.T) {
	port := silent(t)
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var end error
		for e, err := range newScanner(t, options(port)).Scan(ctx) {
			if task, ok := e.(result.TaskStarted); ok && task.Task == "Service scan" {
				cancel()
			}
			end = err
		}
		if !errors.Is(end, context.Canceled) {
			t.Errorf("the scan ended with %v", end)
		}
	})
}

// Leaving the loop ends a scan as well.
func TestScanEndsWithItsLoop(t *testing.T) {
	port := silent(t)
	synctest.Test(t, func(t *testing.T) {
		for range newScanner(t, options(port)).Scan(t.Context()) {
			break
		}
	})
}

func TestBadOptions(t *testing.T) {
	seven := 10
	tests := []struct {
		name   string
		change func(*sonde.Options)
		want   string
	}{
		{"ports", func(o *sonde.Options) { o.Ports = "80-22" }, "80-22"},
		{"port too high", func(o *sonde.Options) { o.Ports = "70000" }, "70000"},
		{"ports and fast set", func(o *sonde.Options) { o.Fast = true }, "-F"},
		{"excluded ports", func(o *sonde.Options) { o.ExcludePorts = "x" }, "x"},
		{"intensity", func(o *sonde.Options) { o.Version.Intensity = &seven }, "intensity 10"},
		{"services file", func(o *sonde.Options) { o.ServicesFile = "/nonexistent/services" }, "/nonexistent/services"},
		{"probes file", func(o *sonde.Options) { o.ProbesFile = "/nonexistent/probes" }, "/nonexistent/probes"},
		{"data folder", func(o *sonde.Options) { o.DataDir = "/nonexistent" }, "/nonexistent"},
		{"ping ports", func(o *sonde.Options) { o.Discovery.SYNPorts = "0x" }, "0x"},
		{"timing", func(o *sonde.Options) { d := -time.Second; o.Timing.HostTimeout = &d }, "host-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			opt := options("80")
			tt.change(&opt)
			_, err := sonde.New(opt)
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tt.want)
			}
		})
	}
}

// A target that cannot be used is reported, and the others are scanned.
func TestBadTargetIsPassedOver(t *testing.T) {
	opt := options(silent(t))
	opt.Version.Enabled = false
	opt.Targets = []string{"127.0.0.1/x", "127.0.0.1"}
	var skipped, done int
	for e, err := range newScanner(t, opt).Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		switch e := e.(type) {
		case result.TargetSkipped:
			skipped++
			if e.Spec != "127.0.0.1/x" || e.Reason == "" || !e.Invalid {
				t.Errorf("got %+v", e)
			}
		case result.HostDone:
			done++
		}
	}
	if skipped != 1 || done != 1 {
		t.Errorf("%d targets skipped and %d hosts done, want one each", skipped, done)
	}
}

// Who names a folder of data files hears which of them are not there.
func TestDataFolderWithoutFiles(t *testing.T) {
	opt := options(silent(t))
	opt.Version.Enabled = false
	opt.DataDir = t.TempDir()
	var warnings []string
	for e, err := range newScanner(t, opt).Scan(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := e.(result.Notice); ok && n.Level == result.LevelWarning {
			warnings = append(warnings, n.Text)
		}
	}
	if got := strings.Join(warnings, "\n"); !strings.Contains(got, "nmap-services") || !strings.Contains(got, "nmap-service-probes") {
		t.Errorf("warnings: %q", got)
	}
}
