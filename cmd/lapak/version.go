package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// build is which program this is.
type build struct {
	Version  string `json:"version"`  // "devel" where it was not built from a tag
	Revision string `json:"revision"` // of the source; "" if it is not known
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func version() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}

func (versionCmd) Run(a *app) error {
	b := version()
	return a.print(b, func(w io.Writer) { row(w, fmt.Sprintf("lapak %s (%s, %s)", b.Version, b.Go, b.Platform)) })
}
