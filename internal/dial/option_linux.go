package dial

import "golang.org/x/sys/unix"

func bindDevice(fd uintptr, name string) error { return unix.BindToDevice(int(fd), name) }
