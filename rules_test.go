package sonde_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"strings"
	"testing"
)

func TestEveryPackageHasADocSentence(t *testing.T) { report(t, undocumented(house(t))) }
func TestCallsStayInTheirRooms(t *testing.T)       { report(t, strayCalls(house(t))) }
func TestDeadlinesComeFromPace(t *testing.T)       { report(t, strayDeadlines(house(t))) }
func TestNoPackageState(t *testing.T)              { report(t, packageState(house(t))) }
func TestEveryDecoderIsFuzzed(t *testing.T)        { report(t, unfuzzed(house(t))) }

// undocumented lists packages without a doc comment of at least one sentence.
func undocumented(rooms []*room) (faults []string) {
	for _, r := range rooms {
		if len(r.files) == 0 {
			continue
		}
		doc := ""
		for _, f := range r.files {
			if f.Doc != nil {
				doc += f.Doc.Text()
			}
		}
		if !strings.Contains(doc, ".") || len(strings.Fields(doc)) < 5 {
			faults = append(faults, r.path+": package has no doc sentence")
		}
	}
	return faults
}

// A fence keeps some functions of the standard library inside some rooms.
type fence struct {
	what  string
	names *regexp.Regexp // as "package.Function"
	rooms []string       // where they are allowed; a trailing "…" allows what is below too
}

var fences = []fence{
	{"sockets", regexp.MustCompile(`^(net\.(Dial|Listen|Lookup|Resolve|FileConn|FileListener|FilePacketConn)|net\.(Dialer|ListenConfig|DefaultResolver)$|(unix|syscall|windows)\.(Socket|Connect|Bind|Listen|Accept|Sendto|Sendmsg|Recvfrom|Recvmsg)|tls\.(Dial|Listen)|http\.(Get|Post|Head|ListenAndServe|DefaultClient))`),
		[]string{"internal/link", "internal/dial", "internal/resolve", "internal/cluster", "internal/demo", "lab…"}},
	{"waits", regexp.MustCompile(`^(time\.(Sleep|After|AfterFunc|Tick|NewTimer|NewTicker)|context\.With(Timeout|Deadline)(Cause)?)$`),
		[]string{"internal/pace"}},
	{"printing, environment and exit", regexp.MustCompile(`^(fmt\.Print|os\.(Stdout|Stderr|Stdin|Exit|Getenv|LookupEnv|Environ|Setenv)$|log\.(Print|Fatal|Panic|Output|SetOutput|Default)|slog\.(Debug|Info|Warn|Error|Log|Default|SetDefault))`),
		[]string{"internal/cli", "cmd/sonde", "internal/needtest", "internal/data/gen", "internal/lua/cmd/lua", "lab…"}},
}

// strayCalls lists uses of fenced functions outside their rooms.
func strayCalls(rooms []*room) (faults []string) {
	for _, r := range rooms {
		r.selectors(func(_ *ast.File, n *ast.SelectorExpr, name string) {
			for _, fe := range fences {
				if fe.names.MatchString(name) && !fe.allows(r.path) {
					faults = append(faults, fmt.Sprintf("%s: %s (%s) is not for %s", r.pos(n), name, fe.what, r.path))
				}
			}
		})
	}
	return faults
}

func (fe fence) allows(room string) bool {
	for _, ok := range fe.rooms {
		if stem, below := strings.CutSuffix(ok, "…"); below && strings.HasPrefix(room, stem) || room == ok {
			return true
		}
	}
	// Packages of fakes for tests, such as internal/service/servicetest.
	return strings.HasSuffix(room, "test") && room != "internal/needtest" && fe.what == "sockets"
}

// strayDeadlines lists deadlines computed on the spot: how long to wait is for
// package pace to say.
func strayDeadlines(rooms []*room) (faults []string) {
	for _, r := range rooms {
		if r.path == "internal/pace" || strings.HasPrefix(r.path, "lab") {
			continue
		}
		for _, f := range r.files {
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || len(call.Args) != 1 {
					return true
				}
				sel, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !strings.HasPrefix(sel.Sel.Name, "Set") || !strings.HasSuffix(sel.Sel.Name, "Deadline") {
					return true
				}
				if computed(call.Args[0]) {
					faults = append(faults, r.pos(call)+": deadline does not come from package pace")
				}
				return true
			})
		}
	}
	return faults
}

// computed tells whether an expression calls package time to find a moment.
func computed(e ast.Expr) (found bool) {
	ast.Inspect(e, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == "time" && s.Sel.Name != "Time" {
				found = true
			}
		}
		return !found
	})
	return found
}

// packageState lists init functions and package variables that are written
// after their declaration. Read-only tables are allowed.
func packageState(rooms []*room) (faults []string) {
	for _, r := range rooms {
		info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
		byPackage := map[string][]*ast.File{}
		for _, f := range r.files {
			byPackage[f.Name.Name] = append(byPackage[f.Name.Name], f)
		}
		for name, files := range byPackage {
			// Imports are not resolved, so types are incomplete; the
			// package's own names are, which is all that is needed here.
			conf := types.Config{Importer: noImports{}, Error: func(error) {}, FakeImportC: true}
			pkg, _ := conf.Check(name, r.fset, files, info)
			for _, f := range files {
				faults = append(faults, stateOf(r, f, pkg, info)...)
			}
		}
	}
	return faults
}

type noImports struct{}

func (noImports) Import(path string) (*types.Package, error) {
	return nil, fmt.Errorf("%s is not resolved here", path)
}

func stateOf(r *room, f *ast.File, pkg *types.Package, info *types.Info) (faults []string) {
	global := func(e ast.Expr) bool {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
			case *ast.SelectorExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.Ident:
				v, ok := info.Uses[x].(*types.Var)
				return ok && pkg != nil && v.Parent() == pkg.Scope()
			default:
				return false
			}
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "init" && d.Recv == nil {
				faults = append(faults, r.pos(d)+": init function")
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				v, ok := s.(*ast.ValueSpec)
				embedded := d.Doc != nil && strings.Contains(rawText(d.Doc), "//go:embed")
				if ok && d.Tok == token.VAR && len(v.Values) == 0 && !embedded {
					faults = append(faults, r.pos(v)+": package variable without a value can only be state")
				}
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if n.Tok != token.DEFINE && global(l) {
					faults = append(faults, r.pos(n)+": package variable is written")
				}
			}
		case *ast.IncDecStmt:
			if global(n.X) {
				faults = append(faults, r.pos(n)+": package variable is written")
			}
		}
		return true
	})
	return faults
}

func rawText(g *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text + "\n")
	}
	return b.String()
}

// decoderName is how functions that read foreign bytes are called here.
var decoderName = regexp.MustCompile(`^(Parse|Decode|Read|Unmarshal|Unescape)([A-Z].*)?$`)

// notForeign names exported functions that are called like decoders but read
// nothing that a stranger wrote, with the reason.
var notForeign = map[string]string{}

// unfuzzed lists exported decoders that no fuzz target of their package
// reaches, by name or by way of other functions of the package.
func unfuzzed(rooms []*room) (faults []string) {
	for _, r := range rooms {
		bodies := map[string][]ast.Node{}
		for _, f := range r.files {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
					bodies[fn.Name.Name] = append(bodies[fn.Name.Name], fn.Body)
				}
			}
		}
		fuzzed := map[string]bool{}
		var reach func(n ast.Node)
		reach = func(n ast.Node) {
			ast.Inspect(n, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && !fuzzed[id.Name] {
					fuzzed[id.Name] = true
					for _, b := range bodies[id.Name] {
						reach(b)
					}
				}
				return true
			})
		}
		for _, f := range r.tests {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && strings.HasPrefix(fn.Name.Name, "Fuzz") && fn.Body != nil {
					reach(fn.Body)
				}
			}
		}
		faults = append(faults, r.decodersBut(fuzzed)...)
	}
	return faults
}

// decodersBut lists the room's exported decoders that are not among the fuzzed.
func (r *room) decodersBut(fuzzed map[string]bool) (faults []string) {
	for _, f := range r.files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Recv != nil || !decoderName.MatchString(fn.Name.Name) || !takesBytes(fn) || fuzzed[fn.Name.Name] {
				continue
			}
			if notForeign[r.path+"."+fn.Name.Name] == "" {
				faults = append(faults, fmt.Sprintf("%s: %s.%s has no fuzz target", r.pos(fn), r.path, fn.Name.Name))
			}
		}
	}
	return faults
}

// takesBytes tells whether a function has a parameter that can hold foreign bytes.
func takesBytes(fn *ast.FuncDecl) bool {
	for _, p := range fn.Type.Params.List {
		switch types.ExprString(p.Type) {
		case "string", "[]byte", "io.Reader", "fs.FS", "[]string":
			return true
		}
	}
	return false
}
