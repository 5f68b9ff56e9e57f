package look

import (
	"bytes"
	"fmt"
	"image/color"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"

	"croft/assets"
)

// toolkitIcons are drawings of ours that stand in for the toolkit's, in file dialogs and fields.
var toolkitIcons = map[fyne.ThemeIconName]string{
	theme.IconNameCancel:          "close",
	theme.IconNameConfirm:         "check",
	theme.IconNameSearch:          "search",
	theme.IconNameFolder:          "folder",
	theme.IconNameFolderNew:       "folder",
	theme.IconNameFolderOpen:      "folder",
	theme.IconNameFile:            "file",
	theme.IconNameFileText:        "file",
	theme.IconNameFileApplication: "models",
	theme.IconNameHome:            "home",
	theme.IconNameNavigateBack:    "back",
	theme.IconNameNavigateNext:    "forward",
	theme.IconNameMoveUp:          "up",
	theme.IconNameMoveDown:        "down",
	theme.IconNameArrowDropDown:   "down",
	theme.IconNameSettings:        "settings",
	theme.IconNameStorage:         "disk",
	theme.IconNameComputer:        "disk",
	theme.IconNameDownload:        "import",
	theme.IconNameGrid:            "grid",
	theme.IconNameList:            "list",
	theme.IconNameVisibility:      "eye",
	theme.IconNameVisibilityOff:   "eyeoff",
	theme.IconNameWarning:         "warning",
	theme.IconNameError:           "warning",
	theme.IconNameInfo:            "info",
	theme.IconNameMoreVertical:    "dots",
	theme.IconNameMoreHorizontal:  "dots",
}

// drawings keeps each icon once for each colour it was asked in.
var drawings sync.Map

// source returns a drawing as it lies in the assets. An unknown name is our own mistake.
func source(name string) fyne.Resource {
	if r, ok := drawings.Load(name); ok {
		return r.(fyne.Resource)
	}
	data, err := assets.Icons.ReadFile("icons/" + name + ".svg")
	if err != nil {
		panic(err)
	}
	r := fyne.NewStaticResource(name+".svg", data)
	drawings.Store(name, r)
	return r
}

// Icon returns a drawing in a colour of the theme in use.
func Icon(name string, in fyne.ThemeColorName) fyne.Resource {
	r, g, b, _ := color.NRGBAModel.Convert(Color(in)).RGBA()
	ink := fmt.Sprintf("#%02x%02x%02x", r>>8, g>>8, b>>8)
	key := name + ink + ".svg"
	if r, ok := drawings.Load(key); ok {
		return r.(fyne.Resource)
	}
	data := bytes.ReplaceAll(source(name).Content(), []byte("#000000"), []byte(ink))
	res := fyne.NewStaticResource(key, data)
	drawings.Store(key, res)
	return res
}

// AppIcon is the leaf.
func AppIcon() fyne.Resource { return fyne.NewStaticResource("croft.png", assets.AppIcon) }
