package sonde_test

import (
	"fmt"
	"sort"
	"strings"
	"testing"
)

// mayImport says which room may import which. Anything unsaid is forbidden;
// tests may import upward. Commas separate rooms; the rooms on the right may
// import those on the left.
const mayImport = `
                                                                   < result, cpe, internal/pace, internal/data, internal/regex, internal/needtest
result                                                             < portspec
result, portspec, internal/regex                                   < probefile
result, portspec                                                   < target
result, cpe, portspec                                              < report
result, cpe, portspec, probefile, internal/regex                   < match
result, portspec, probefile                                        < internal/datafile
internal/pace                                                      < internal/dial
internal/dial, internal/pace, result                               < internal/tunnel, internal/resolve, internal/rpcgrind
internal/link, internal/wire, internal/dial, internal/pace, match, result < internal/discover
internal/link, internal/wire, internal/dial, internal/pace, portspec, match, result < internal/portscan
match, probefile, portspec, internal/tunnel, internal/rpcgrind, internal/dial, internal/pace, result < internal/service
internal/discover, internal/portscan, internal/service, internal/resolve, internal/pace, internal/dial, internal/link, internal/wire, target, match, portspec, result < internal/flow
internal/flow, internal/data, internal/datafile, internal/pace, internal/link, probefile, match, target, portspec, result < sonde
sonde, result, target, portspec, cpe, probefile, match, report, internal/data, internal/datafile, internal/demo, internal/pace < internal/cli
                                                                   < internal/demo, internal/wire, internal/lua, internal/data/gen
internal/wire, internal/pace                                       < internal/link
internal/lua                                                       < internal/lua/lpeg
internal/lua, internal/lua/lpeg                                    < internal/lua/cmd/lua
internal/cli                                                       < cmd/sonde
internal/pace                                                      < lab
lab                                                                < lab/ctl
internal/pace, probefile, internal/dial, internal/tunnel           < lab/capture
`

// importRules reads mayImport.
func importRules() map[string]map[string]bool {
	rules := map[string]map[string]bool{}
	for _, line := range strings.Split(strings.TrimSpace(mayImport), "\n") {
		left, right, _ := strings.Cut(line, "<")
		for _, r := range strings.Split(right, ",") {
			allowed := map[string]bool{}
			for _, l := range strings.Split(left, ",") {
				allowed[strings.TrimSpace(l)] = true
			}
			rules[strings.TrimSpace(r)] = allowed
		}
	}
	return rules
}

// forbiddenImports lists the imports that mayImport does not name.
func forbiddenImports(rooms []*room) (faults []string) {
	rules := importRules()
	for _, r := range rooms {
		if len(r.files) == 0 {
			continue
		}
		allowed, known := rules[r.path]
		if strings.HasSuffix(r.path, "test") && !known {
			continue // fakes for tests may import what they stand in for
		}
		if !known {
			faults = append(faults, fmt.Sprintf("%s: package is not in the table of rooms", r.path))
			continue
		}
		for p, where := range r.imports() {
			if !allowed[p] {
				faults = append(faults, fmt.Sprintf("%s: %s may not import %s", where, r.path, p))
			}
		}
	}
	sort.Strings(faults)
	return faults
}

func TestImports(t *testing.T) { report(t, forbiddenImports(house(t))) }

// report fails the test once for every fault.
func report(t *testing.T, faults []string) {
	t.Helper()
	for _, f := range faults {
		t.Error(f)
	}
}
