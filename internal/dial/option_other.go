//go:build !linux

package dial

import (
	"errors"
	"runtime"
)

func bindDevice(uintptr, string) error {
	return errors.New("not possible on " + runtime.GOOS)
}
