package lab

import (
	"fmt"
	"os"
	"strings"
)

const apt = "DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends -o DPkg::Lock::Timeout=600 -o Dpkg::Options::=--force-confold -o Dpkg::Options::=--force-unsafe-io "

// Install brings in the packages of servers that are missing. Services that
// packages would start by themselves are kept from it.
func (l *Lab) Install(servers []Server) error {
	var want []string
	for _, s := range servers {
		for _, p := range s.Packages {
			if _, err := sh("dpkg-query -W -f '${db:Status-Status}' " + p + " | grep -qx installed"); err != nil {
				want = append(want, p)
			}
		}
	}
	unpack := l.toUnpack(servers)
	if len(want)+len(unpack) == 0 {
		return nil
	}
	undo, err := forbidServiceStarts()
	if err != nil {
		return err
	}
	defer undo()
	l.log("installing %s", strings.Join(append(want, unpack...), " "))
	if _, err := sh(apt + "update"); err != nil {
		return err
	}
	if len(want) > 0 {
		if _, err := sh(apt + "install " + strings.Join(want, " ")); err != nil {
			return err
		}
	}
	for _, s := range servers {
		for _, p := range s.Unpack {
			if err := l.unpack(s, p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *Lab) toUnpack(servers []Server) (names []string) {
	for _, s := range servers {
		for _, p := range s.Unpack {
			if _, err := os.Stat(l.path(s.Name, "root", "."+p)); err != nil {
				names = append(names, p)
			}
		}
	}
	return names
}

// unpack lays a package's files into the server's folder and notes its version.
func (l *Lab) unpack(s Server, pkg string) error {
	root := l.path(s.Name, "root")
	_, err := sh(fmt.Sprintf(`set -e; mkdir -p %[1]q; cd %[1]q; test ! -e .%[2]s || exit 0
		d=$(mktemp -d); chmod 755 $d; cd $d; apt-get download -q %[2]s; dpkg-deb -x *.deb %[1]q
		dpkg-deb -f *.deb Version > %[1]q/.%[2]s; rm -r $d`, root, pkg))
	return err
}

// forbidServiceStarts has packages install without starting their services,
// until undo is called.
func forbidServiceStarts() (undo func(), err error) {
	const policy = "/usr/sbin/policy-rc.d"
	if _, err := os.Stat(policy); err == nil {
		return func() {}, nil
	}
	if err := os.WriteFile(policy, []byte("#!/bin/sh\nexit 101\n"), 0o755); err != nil {
		return nil, err
	}
	return func() { os.Remove(policy) }, nil
}
