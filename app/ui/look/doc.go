// Package look is the one place for colours, sizes, icons and the wording of figures.
package look
