package lua

import "strings"

const pathConfig = "/\n;\n?\n!\n-\n"

// openPackage makes require with the searchers for package.preload and, if
// the host has files, package.path. Hosts add searchers of their own to package.searchers.
// There are no C libraries.
func openPackage(s *State) *Table {
	tab := s.newTable(0, 8)
	preload, searchers := s.newTable(0, 0), s.newTable(2, 0)
	tab.SetString("loaded", TableValue(s.loaded))
	tab.SetString("preload", TableValue(preload))
	tab.SetString("searchers", TableValue(searchers))
	tab.SetString("config", String(pathConfig))
	tab.SetString("path", String("./?.lua;./?/init.lua"))
	tab.SetString("cpath", strEmpty)
	searchers.append(GoFunction("searcher_preload", func(t *Thread) (int, error) {
		name := t.CheckString(1)
		v := preload.GetString(name)
		if v.IsNil() {
			return t.Return(t.String("no field package.preload['" + name + "']"))
		}
		t.Push(v)
		t.Push(String(":preload:"))
		return 2, nil
	}))
	if s.host.Files != nil {
		searchers.append(GoFunction("searcher_Lua", func(t *Thread) (int, error) { return searchLua(t, tab) }))
		tab.SetString("searchpath", GoFunction("package.searchpath", pkgSearchPath))
	}
	req := GoFunction("require", func(t *Thread) (int, error) { return require(t, tab) })
	req.goFunction().up = []Value{TableValue(tab), TableValue(preload)}
	s.globals.SetString("require", req)
	return tab
}

func require(t *Thread, pkg *Table) (int, error) {
	name := t.CheckString(1)
	key := t.String(name)
	if v := t.s.loaded.Get(key); v.Truthy() {
		return t.Return(v)
	}
	list := pkg.GetString("searchers").AsTable()
	if list == nil {
		return 0, t.Errorf("'package.searchers' must be a table")
	}
	var why strings.Builder
	for i := int64(1); ; i++ {
		search := list.getInt(i)
		if search.IsNil() {
			return 0, t.Errorf("module '%s' not found:%s", name, why.String())
		}
		r := t.CallMulti(search, key)
		if len(r) == 0 || !r[0].isFunction() {
			if len(r) > 0 && r[0].isString() {
				why.WriteString("\n\t" + r[0].str())
			}
			continue
		}
		extra := Nil
		if len(r) > 1 {
			extra = r[1]
		}
		if v := t.CallValue(r[0], key, extra); !v.IsNil() {
			t.s.loaded.Set(key, v)
		} else if t.s.loaded.Get(key).IsNil() {
			t.s.loaded.Set(key, Bool(true))
		}
		t.Push(t.s.loaded.Get(key))
		t.Push(extra)
		return 2, nil
	}
}

func searchLua(t *Thread, pkg *Table) (int, error) {
	name := t.CheckString(1)
	path, ok := pkg.GetString("path").AsString()
	if !ok {
		return 0, t.Errorf("'package.path' must be a string")
	}
	file, why := t.searchPath(name, path, ".", "/")
	if file == "" {
		return t.Return(t.String(why))
	}
	src, err := t.readSource(file)
	if err == nil {
		p, cerr := Compile(src, "@"+file)
		if cerr == nil {
			t.Push(t.s.instantiate(p, TableValue(t.s.globals)))
			t.Push(t.String(file))
			return 2, nil
		}
		err = cerr.(*Error)
	}
	return 0, t.Errorf("error loading module '%s' from file '%s':\n\t%s", name, file, err.Error())
}

// searchPath finds the first file of a path that can be opened, or tells which can't.
func (t *Thread) searchPath(name, path, sep, dir string) (file, why string) {
	if sep != "" {
		name = strings.ReplaceAll(name, sep, dir)
	}
	var tried []string
	for _, tmpl := range strings.Split(path, ";") {
		file := strings.ReplaceAll(tmpl, "?", name)
		if f, err := t.s.host.Files.OpenFile(file, 0, 0); err == nil {
			f.Close()
			return file, ""
		}
		tried = append(tried, "no file '"+file+"'")
	}
	return "", strings.Join(tried, "\n\t")
}

func pkgSearchPath(t *Thread) (int, error) {
	file, why := t.searchPath(t.CheckString(1), t.CheckString(2), t.OptString(3, "."), t.OptString(4, "/"))
	if file == "" {
		t.Push(Nil)
		t.Push(t.String(why))
		return 2, nil
	}
	return t.Return(t.String(file))
}
