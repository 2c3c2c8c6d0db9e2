package lua_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sonde/internal/lua"
	"sonde/internal/needtest"
)

// compare runs a script here and in the reference implementation.
func compare(t *testing.T, prog, src string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.lua")
	if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	cmd := exec.Command(prog, file)
	cmd.Stdout = &want
	if err := cmd.Run(); err != nil {
		t.Fatalf("reference: %v", err)
	}
	got, err := run(t, src, "@"+file, lua.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	g, w, lines := strings.Split(got, "\n"), strings.Split(want.String(), "\n"), strings.Split(src, "\n")
	for i := range w {
		if i >= len(g) || g[i] != w[i] {
			t.Fatalf("line %d:\n got %q\nwant %q\n  of %s", i, g[min(i, len(g)-1)], w[i], lines[min(i+1, len(lines)-1)])
		}
	}
}

var operands = []string{"0", "1", "-1", "2", "7", "3.0", "-2.5", "0.1", "1e15", "2^53", "1e308", "math.huge", "-math.huge", "math.maxinteger", "math.mininteger",
	"(1<<53)+1", "'10'", "'0x1p4'", "'abc'", "''", "nil", "true", "t", "u", "-0.0", "1/3", "123456789012", "'1e1'"}
var operators = []string{"+", "-", "*", "/", "//", "%", "^", "&", "|", "~", "<<", ">>", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or"}

func expression(r *rand.Rand, depth int) string {
	switch {
	case depth == 0 || r.IntN(5) == 0:
		return operands[r.IntN(len(operands))]
	case r.IntN(8) == 0:
		return []string{"-", "not ", "~", "#"}[r.IntN(4)] + "(" + expression(r, depth-1) + ")"
	case r.IntN(12) == 0:
		return "f(" + expression(r, depth-1) + ", " + expression(r, depth-1) + ")"
	}
	op := operators[r.IntN(len(operators))]
	a, b := expression(r, depth-1), expression(r, depth-1)
	if r.IntN(2) == 0 {
		return "(" + a + ") " + op + " (" + b + ")"
	}
	return a + " " + op + " " + b
}

// head is one line; each line after it prints one line. How errors name
// values that lie in no variable is left out: that depends on the registers.
const head = `local t, u = {1, 2, 3}, setmetatable({}, {__add = function() return "add" end, __index = function(_, k) return k end, __lt = function() return true end}) local function f(a, b) return b end local function show(ok, v) if not ok then v = tostring(v):gsub("^[^:]*:%d+: ", ""):gsub(" %(%a+ '[^']*'%)", "") elseif type(v) == "table" then v = "table" elseif v ~= v then v = "nan" end print(ok, math.type(v), v) end` + "\n"

func TestExpressionsAsInC(t *testing.T) {
	prog := needtest.Program(t, "lua5.4", "lua5.4")
	r := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	b.WriteString(head)
	for range 4000 {
		fmt.Fprintf(&b, "show(pcall(function() local x <close> = nil return %s end))\n", expression(r, 3))
	}
	compare(t, prog, b.String())
}

func TestFormatsAsInC(t *testing.T) {
	prog := needtest.Program(t, "lua5.4", "lua5.4")
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	b.WriteString(head)
	pick := func(s string) string { return string(s[r.IntN(len(s))]) }
	for range 3000 {
		f := "%"
		for range r.IntN(3) {
			f += pick("-+ #0")
		}
		if r.IntN(2) == 0 {
			f += fmt.Sprint(r.IntN(20))
		}
		if r.IntN(2) == 0 {
			f += "." + fmt.Sprint(r.IntN(15))
		}
		verb := pick("dixXoeEfgGasc")
		arg := fmt.Sprint(r.Int64() >> r.IntN(64))
		if strings.ContainsAny(verb, "eEfgGa") {
			arg = fmt.Sprintf("%v", r.NormFloat64()*float64(r.IntN(1000000)))
		}
		fmt.Fprintf(&b, "show(pcall(string.format, '%s', %s))\n", f+verb, arg)
		fmt.Fprintf(&b, "show(true, %v)\n", r.ExpFloat64()*float64(uint64(1)<<r.IntN(64)))
	}
	compare(t, prog, b.String())
}

func TestPatternsAsInC(t *testing.T) {
	prog := needtest.Program(t, "lua5.4", "lua5.4")
	r := rand.New(rand.NewPCG(5, 6))
	items := []string{"a", "b", ".", "%a", "%d", "[ab]", "[^a]", "(", ")", "*", "+", "-", "?", "%b()", "%f[a]", "%1", "()", "^", "$", "[a-c]", "%.", "x"}
	var b strings.Builder
	b.WriteString(head)
	for range 3000 {
		p, s := "", ""
		for range r.IntN(6) + 1 {
			p += items[r.IntN(len(items))]
		}
		for range r.IntN(10) {
			s += string("ab(c)1.x"[r.IntN(8)])
		}
		fmt.Fprintf(&b, "show(pcall(function() return table.concat({'', string.find('%s', '%s')}, ' ') .. '|' .. tostring(string.gsub('%s', '%s', '<%%0>')) end))\n", s, p, s, p)
	}
	compare(t, prog, b.String())
}

func TestPackAsInC(t *testing.T) {
	prog := needtest.Program(t, "lua5.4", "lua5.4")
	r := rand.New(rand.NewPCG(7, 8))
	items := []string{"b", "B", "h", "H", "i", "I3", "i5", "l", "j", "J", "T", "f", "d", "n", "i16", "<", ">", "=", "!", "!4", "x", "Xi4", "s1", "z", "c3"}
	var b strings.Builder
	b.WriteString(head)
	for range 2000 {
		f := ""
		for range r.IntN(5) + 1 {
			f += items[r.IntN(len(items))] + " "
		}
		fmt.Fprintf(&b, "show(pcall(function() local s = string.pack('%s', %d, %d, %d, %d, %d) return (s:gsub('.', function(c) return ('%%02x'):format(c:byte()) end)) .. '|' .. table.concat({string.unpack('%s', s)}, ' ') end))\n",
			f, r.IntN(300), r.IntN(100)-50, r.IntN(100), r.IntN(1<<20), r.IntN(9), f)
	}
	compare(t, prog, b.String())
}
