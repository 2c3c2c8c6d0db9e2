// Package lab installs real servers from Debian packages and runs them on loopback, with what is true of each, so that scanners can be measured.
package lab

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// A Port is one port of a server with the truth about it.
type Port struct {
	Protocol string // "tcp" or "udp"
	Number   int
	TLS      bool   // spoken to through TLS from the first byte
	Service  string // the name that Nmap's users know
	Product  string // empty where the wire shows none
	// VersionOf names the Debian package whose version the wire shows; empty if it shows none.
	VersionOf string
	// Version overrides VersionOf where the wire shows something else, such as a protocol range.
	Version string
}

// A Server is a program of the lab.
type Server struct {
	Name     string
	Packages []string // Debian packages to install
	// Unpack names packages that conflict with others: they are unpacked
	// into the server's own folder, at $ROOT, instead of being installed.
	Unpack []string
	// Files are written before the start. Names are relative to the
	// server's folder; $DIR, $CERT, $KEY, $PEM, and $ROOT stand for paths in names and texts.
	Files map[string]string
	// Setup is run by sh before each start and must be idempotent.
	Setup string
	// Run is what sh runs in the foreground. It ends with the server.
	Run   string
	Ports []Port
}

// A Lab is a place on disk where servers keep their state.
type Lab struct {
	dir string
	log func(format string, args ...any)
}

// New prepares a lab in a folder, which is made if need be. Progress is told to log.
func New(dir string, log func(format string, args ...any)) (*Lab, error) {
	l := &Lab{dir: dir, log: log}
	for _, d := range []string{dir, l.path("pid"), l.path("www")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return nil, err
		}
	}
	page := "<!DOCTYPE html>\n<title>lab</title>\n<h1>It works</h1>\n"
	if err := os.WriteFile(l.path("www", "index.html"), []byte(page), 0o644); err != nil {
		return nil, err
	}
	return l, l.certificate()
}

func (l *Lab) path(parts ...string) string {
	return filepath.Join(append([]string{l.dir}, parts...)...)
}

// certificate makes the self-signed certificate that all servers share. Its
// key is readable by all, for every daemon's user.
func (l *Lab) certificate() error {
	if _, err := os.Stat(l.path("both.pem")); err == nil {
		return nil
	}
	_, err := sh(fmt.Sprintf(`cd %q && openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /O=Lab/CN=lab.invalid \
		-addext subjectAltName=DNS:lab.invalid,IP:127.0.0.1 -keyout key.pem -out cert.pem &&
		cat cert.pem key.pem > both.pem && chmod 644 *.pem`, l.dir))
	return err
}

// expand fills in the paths that a server's texts leave open.
func (l *Lab) expand(s Server, text string) string {
	return strings.NewReplacer(
		"$DIR", l.path(s.Name), "$ROOT", l.path(s.Name, "root"), "$WWW", l.path("www"),
		"$CERT", l.path("cert.pem"), "$KEY", l.path("key.pem"), "$PEM", l.path("both.pem"),
	).Replace(text)
}

// sh runs a command line and gives what it printed.
func sh(line string) (string, error) {
	out, err := exec.Command("/bin/sh", "-c", line).CombinedOutput()
	if err != nil {
		tail := strings.TrimSpace(string(out))
		if len(tail) > 400 {
			tail = "…" + tail[len(tail)-400:]
		}
		return "", fmt.Errorf("%s: %w: %s", strings.Fields(line)[0], err, tail)
	}
	return string(out), nil
}

// Version is the version that a port shows: the upstream version of the Debian
// package that runs there, such as "1.22.1" of nginx 1.22.1-9+deb12u3. It is
// empty if the wire shows none.
func (l *Lab) Version(s Server, p Port) string {
	if p.Version != "" || p.VersionOf == "" {
		return p.Version
	}
	pkg := p.VersionOf
	out, err := os.ReadFile(l.path(s.Name, "root", "."+pkg))
	if err != nil {
		text, err := sh("dpkg-query -W -f '${Version}' " + pkg)
		if err != nil {
			return ""
		}
		out = []byte(text)
	}
	v := strings.TrimSpace(string(out))
	if _, rest, ok := strings.Cut(v, ":"); ok {
		v = rest
	}
	if i := strings.LastIndexByte(v, '-'); i >= 0 {
		v = v[:i]
	}
	return repacked.ReplaceAllString(v, "")
}

// repacked is what Debian adds to an upstream version.
var repacked = regexp.MustCompile(`[+~.](really|dfsg|ds|git|debian|repack|\d{8}).*$`)
