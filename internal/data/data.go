// Package data embeds the files that sonde knows things from: probe signatures and tables of names.
package data

import (
	"embed"
	"io/fs"
)

//go:embed probes tables
var files embed.FS

// Probes returns the signature database: one .probe file for each protocol family.
func Probes() fs.FS { return sub("probes") }

// Tables returns the tables of names and numbers.
func Tables() fs.FS { return sub("tables") }

func sub(dir string) fs.FS {
	f, err := fs.Sub(files, dir)
	if err != nil {
		panic(err) // the folder's name is a constant of this file
	}
	return f
}
