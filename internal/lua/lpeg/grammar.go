package lpeg

import (
	"fmt"

	"sonde/internal/lua"
)

// grammar makes a pattern of a table of rules. Entry 1 is the initial rule or
// its name.
func grammar(t *lua.Thread, v lua.Value) *node {
	tab := v.AsTable()
	byKey := map[any]*rule{}
	var rules []*rule
	add := func(k, val lua.Value) {
		r := &rule{key: k, node: toNode(t, val, "")}
		byKey[canonical(k)] = r
		rules = append(rules, r)
	}
	first := tab.Get(lua.Int(1))
	start := lua.Int(1)
	if first.IsNil() {
		raise(t, "grammar has no initial rule")
	}
	if !isPattern(first) {
		start = first
		if first = tab.Get(start); first.IsNil() {
			raise(t, "initial rule '%s' is not defined in given grammar", text(start))
		}
	}
	if !isPatternLike(first) {
		raise(t, "initial rule '%s' is not a pattern", text(start))
	}
	add(start, first)
	k, val, _ := tab.Next(lua.Nil)
	for ; !k.IsNil(); k, val, _ = tab.Next(k) {
		if k.Equal(lua.Int(1)) || k.Equal(start) {
			continue
		}
		if !isPatternLike(val) {
			raise(t, "rule '%s' is not a pattern", text(k))
		}
		add(k, val)
	}
	for _, r := range rules {
		r.node = resolve(t, r.node, byKey)
	}
	g := newNode(t, node{kind: kGrammar, rules: rules})
	verify(t, rules)
	return g
}

// canonical makes equal strings equal as keys of a Go map.
func canonical(k lua.Value) any {
	if s, ok := k.AsString(); ok {
		return s
	}
	return k
}

func text(v lua.Value) string {
	if s, ok := v.AsString(); ok {
		return s
	}
	if n, ok := v.AsInt(); ok {
		return fmt.Sprint(n)
	}
	return "(a " + v.Kind().String() + ")"
}

// resolve copies a tree with its references led to the grammar's rules.
func resolve(t *lua.Thread, n *node, rules map[any]*rule) *node {
	if n == nil || !n.open {
		return n
	}
	c := *n
	c.open = false
	if n.kind == kOpen {
		r := rules[canonical(n.key)]
		if r == nil {
			raise(t, "rule '%s' undefined in given grammar", text(n.key))
		}
		c.kind, c.rule = kCall, r
		return &c
	}
	c.a, c.b = resolve(t, n.a, rules), resolve(t, n.b, rules)
	return &c
}

// verify finds which rules can match nothing, and refuses left recursion and
// loops that would not end.
func verify(t *lua.Thread, rules []*rule) {
	for changed := true; changed; {
		changed = false
		for _, r := range rules {
			if !r.nullable && r.node.nullable() {
				r.nullable, changed = true, true
			}
		}
	}
	for _, r := range rules {
		w := leftWalk{t: t, seen: map[*rule]bool{r: true}, from: r}
		w.walk(r.node)
	}
	for _, r := range rules {
		if emptyLoop(r.node) {
			raise(t, "empty loop in rule '%s'", text(r.key))
		}
	}
}

// A leftWalk follows what a rule can call before it consumes anything.
type leftWalk struct {
	t    *lua.Thread
	seen map[*rule]bool
	from *rule
}

// walk returns whether the pattern can match without consuming.
func (w *leftWalk) walk(n *node) bool {
	switch n.kind {
	case kSeq:
		if !w.walk(n.a) {
			return false
		}
		return w.walk(n.b)
	case kChoice:
		a := w.walk(n.a)
		return w.walk(n.b) || a
	case kRep, kNot, kAnd, kBehind:
		w.walk(n.a)
		return true
	case kCapture, kRunTime:
		return w.walk(n.a)
	case kCall:
		if n.rule == w.from {
			raise(w.t, "rule '%s' may be left recursive", text(w.from.key))
		}
		if !w.seen[n.rule] {
			w.seen[n.rule] = true
			w.walk(n.rule.node)
		}
	}
	return n.nullable()
}

func emptyLoop(n *node) bool {
	if n == nil {
		return false
	}
	if n.kind == kRep && n.a.nullable() {
		return true
	}
	return n.kind != kGrammar && (emptyLoop(n.a) || emptyLoop(n.b))
}
