//go:build !android

package ui

// hearMulticast is for Android: others need not ask.
func hearMulticast(bool) {}
