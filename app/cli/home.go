package cli

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
)

// homeDir is the folder of all data: what the flag says, else CROFT_HOME, else where this system keeps such data.
func homeDir(flag string, getenv func(string) string) (string, error) {
	for _, dir := range []string{flag, getenv("CROFT_HOME")} {
		if dir != "" {
			return filepath.Abs(dir)
		}
	}
	return defaultHome(runtime.GOOS, getenv)
}

func defaultHome(goos string, getenv func(string) string) (string, error) {
	home, err := os.UserHomeDir()
	switch goos {
	case "windows":
		if dir := getenv("AppData"); dir != "" {
			return filepath.Join(dir, "Croft"), nil
		}
		return "", errors.New("%AppData% is not set; say where data shall lie with --home")
	case "android": // the app's own folder; Fyne says where
		if dir := getenv("FILESDIR"); dir != "" {
			return filepath.Join(dir, "croft"), nil
		}
		return "", errors.New("FILESDIR is not set, so there is no folder for data")
	case "darwin", "ios":
		return filepath.Join(home, "Library", "Application Support", "Croft"), err
	}
	if dir := getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "croft"), nil
	}
	return filepath.Join(home, ".local", "share", "croft"), err
}
