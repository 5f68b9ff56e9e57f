// Package e2e checks what several Crofts do together: each test makes hosts out of network namespaces, joins them by
// a switch, and runs the program on each of them as its owner would. Nothing is stood in for.
package e2e
