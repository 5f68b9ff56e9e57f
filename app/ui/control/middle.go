package control

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// middle puts content of its own size in the middle of what there is.
func middle(o fyne.CanvasObject) fyne.CanvasObject { return container.NewCenter(o) }
