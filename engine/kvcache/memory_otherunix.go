//go:build unix && !linux

package kvcache

func adviseLargePages([]byte) {}
