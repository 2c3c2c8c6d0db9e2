//go:build !linux

package cli

import "errors"

func systemRoutes() ([]route, error) { return nil, errors.ErrUnsupported }
