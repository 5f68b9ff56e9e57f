// Package storage keeps everything Croft remembers in one SQLite file.
package storage
