package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"sonde/internal/pace"
)

// Up starts the servers that do not run yet and waits until all their ports
// are open. Servers that do not come up within the time are the error.
func (l *Lab) Up(ctx context.Context, servers []Server, within time.Duration) error {
	for _, s := range servers {
		if l.pid(s) != 0 {
			continue
		}
		if taken := l.taken(s); taken != "" {
			return fmt.Errorf("start %s: %s is in use by another program", s.Name, taken)
		}
		if err := l.start(s); err != nil {
			return fmt.Errorf("start %s: %w", s.Name, err)
		}
	}
	ctx, cancel := pace.WithTimeout(ctx, within)
	defer cancel()
	for {
		missing := l.missing(servers)
		if len(missing) == 0 {
			return nil
		}
		if err := pace.Sleep(ctx, 200*time.Millisecond); err != nil {
			return fmt.Errorf("not listening after %v: %s (see the files named out in %s)", within, strings.Join(missing, ", "), l.dir)
		}
	}
}

// start writes a server's files and runs it in process and mount namespaces
// of its own, so that ending the first process ends all of them.
func (l *Lab) start(s Server) error {
	dir := l.path(s.Name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for name, text := range s.Files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(l.expand(s, text)), 0o644); err != nil {
			return err
		}
	}
	if s.Setup != "" {
		if _, err := sh("set -e\ncd " + dir + "\n" + l.expand(s, s.Setup)); err != nil {
			return err
		}
	}
	out, err := os.OpenFile(filepath.Join(dir, "out"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command("setsid", "unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL", "--",
		"/bin/sh", "-c", "cd "+dir+"\n"+l.expand(s, s.Run)+"\nwait")
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", "HOME=" + dir, "LANG=C.UTF-8"}
	if err := cmd.Start(); err != nil {
		return err
	}
	// A zombie would look alive, so the child is reaped when it ends.
	go cmd.Wait()
	began, err := startTime(cmd.Process.Pid)
	if err != nil {
		return fmt.Errorf("ended at once: %w", err)
	}
	return os.WriteFile(l.pidFile(s), []byte(fmt.Sprintf("%d %s\n", cmd.Process.Pid, began)), 0o644)
}

// Down ends the servers that this lab started, by their process numbers.
func (l *Lab) Down(servers []Server) error {
	var errs []error
	for _, s := range servers {
		if pid := l.pid(s); pid != 0 {
			p, err := os.FindProcess(pid)
			if err == nil {
				err = p.Kill() // unshare takes its namespace along
			}
			errs = append(errs, err)
		}
		if err := os.Remove(l.pidFile(s)); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (l *Lab) pidFile(s Server) string { return l.path("pid", s.Name) }

// pid is the process of a server that runs, 0 if it does not. The time of the
// process's start, kept beside its number, tells it from a later process of the same number.
func (l *Lab) pid(s Server) int {
	b, err := os.ReadFile(l.pidFile(s))
	if err != nil {
		return 0
	}
	number, began, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	pid, err := strconv.Atoi(number)
	if err != nil {
		return 0
	}
	if now, err := startTime(pid); err != nil || now != began {
		return 0
	}
	return pid
}

// startTime is when a process began, in clock ticks since boot (proc(5), field 22).
func startTime(pid int) (string, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", err
	}
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 20 || fields[0] == "Z" {
		return "", fmt.Errorf("process %d is gone", pid)
	}
	return fields[19], nil
}

// missing lists the ports that nobody listens on.
func (l *Lab) missing(servers []Server) (names []string) {
	open := listening()
	for _, s := range servers {
		for _, p := range s.Ports {
			if !open[socket{p.Protocol, p.Number}] {
				names = append(names, fmt.Sprintf("%s %d/%s", s.Name, p.Number, p.Protocol))
			}
		}
	}
	return names
}

// taken names a port of a server that is in use although the server does not run.
func (l *Lab) taken(s Server) string {
	open := listening()
	for _, p := range s.Ports {
		if open[socket{p.Protocol, p.Number}] {
			return fmt.Sprintf("%d/%s", p.Number, p.Protocol)
		}
	}
	return ""
}

type socket struct {
	protocol string
	port     int
}

// listening reads from /proc which ports are bound on loopback or everywhere.
func listening() map[socket]bool {
	open := map[socket]bool{}
	for file, bound := range map[string]string{"tcp": "0A", "tcp6": "0A", "udp": "07", "udp6": "07"} {
		b, err := os.ReadFile("/proc/net/" + file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(b), "\n") {
			f := strings.Fields(line)
			if len(f) < 4 || f[3] != bound {
				continue
			}
			_, hex, _ := strings.Cut(f[1], ":")
			if port, err := strconv.ParseUint(hex, 16, 16); err == nil {
				open[socket{file[:3], int(port)}] = true
			}
		}
	}
	return open
}
