package sonde_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"sort"
	"strings"
	"testing"
)

// The tests of this file and of deps_test.go, rules_test.go and
// planted_test.go guard the structure of the project: they read its source
// and fail when a rule of docs/architecture.md is broken.

// A room is the source of one package, tests apart.
type room struct {
	path  string // import path below the module; "sonde" for the root
	fset  *token.FileSet
	files []*ast.File
	tests []*ast.File
}

// pos names a place in the source.
func (r *room) pos(n ast.Node) string { return r.fset.Position(n.Pos()).String() }

// house reads all rooms of the module.
func house(t *testing.T) []*room {
	t.Helper()
	src := map[string]string{}
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || name != "." && strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case strings.HasSuffix(name, ".go"):
			b, err := os.ReadFile(name)
			src[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return roomsOf(t, src)
}

// roomsOf parses source files given by name, which is how the planted
// violations of planted_test.go come in too.
func roomsOf(t *testing.T, src map[string]string) []*room {
	t.Helper()
	rooms := map[string]*room{}
	fset := token.NewFileSet()
	for name, text := range src {
		f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p := path.Dir(name)
		if p == "." {
			p = "sonde"
		}
		if rooms[p] == nil {
			rooms[p] = &room{path: p, fset: fset}
		}
		switch {
		case strings.HasSuffix(name, "_test.go"):
			rooms[p].tests = append(rooms[p].tests, f)
		case strings.Contains(text[:fset.Position(f.Package).Offset], "//go:build ignore"):
			// a program run by go generate is no part of the package
		default:
			rooms[p].files = append(rooms[p].files, f)
		}
	}
	var out []*room
	for _, r := range rooms {
		out = append(out, r)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].path < out[j].path })
	return out
}

// imports lists what the room's own files import of this module, without the
// module's name, and from where.
func (r *room) imports() map[string]string {
	out := map[string]string{}
	for _, f := range r.files {
		for _, im := range f.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			if p == "sonde" || strings.HasPrefix(p, "sonde/") {
				if p != "sonde" {
					p = strings.TrimPrefix(p, "sonde/")
				}
				out[p] = r.pos(im)
			}
		}
	}
	return out
}

// selectors visits every use of a selector on an imported package, as "time.Sleep".
// Renamed imports are seen through; the name is the last part of the import path.
func (r *room) selectors(visit func(f *ast.File, n *ast.SelectorExpr, name string)) {
	for _, f := range r.files {
		names := map[string]string{}
		for _, im := range f.Imports {
			p := strings.Trim(im.Path.Value, `"`)
			local := path.Base(p)
			if im.Name != nil {
				local = im.Name.Name
			}
			names[local] = path.Base(p)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := s.X.(*ast.Ident); ok && names[x.Name] != "" {
					visit(f, s, names[x.Name]+"."+s.Sel.Name)
				}
			}
			return true
		})
	}
}
