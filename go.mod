module croft

go 1.26.0

require (
	fyne.io/fyne/v2 v2.8.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
