// Package assets holds what is built into the program: the icons, the app icon, the words, and the starter model.
package assets

import "embed"

// Icons are 24 px line drawings, one family: 1.7 stroke, round ends, black to be recoloured.
//
//go:embed icons/*.svg
var Icons embed.FS

// Translations are the words of the window, one JSON file a language; English is the key.
//
//go:embed translations/*.json
var Translations embed.FS

// AppIcon is the leaf on the accent ground, 512 px.
//
//go:embed icon.png
var AppIcon []byte
