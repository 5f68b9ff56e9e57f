//go:build !linux

package lan

import "errors"

func byAddress() ([]Interface, error) { return nil, errors.ErrUnsupported }
