package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"sonde/match"
	"sonde/probefile"
	"sonde/result"
)

// runLint says what is wrong with a database.
func runLint(ctx context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	findings, err := match.Lint(ctx, db.DB)
	if err != nil {
		return err
	}
	var b strings.Builder
	counts := make(map[match.Concern]int)
	for _, f := range findings {
		fmt.Fprintln(&b, printable(f.String()))
		counts[f.Concern]++
	}
	total := len(findings)
	if a.export {
		_, left := probefile.Export(db.file)
		for _, o := range left {
			fmt.Fprintf(&b, "%s: export: %s\n", o.Pos, printable(o.Msg))
		}
		total += len(left)
	}
	if _, err := io.WriteString(v.stdout, b.String()); err != nil {
		return err
	}
	fmt.Fprintf(v.stderr, "sonde: %s of %s%s\n", plural(total, "finding"), plural(db.lines(), "line"), summary(counts))
	if counts[match.Faulty] > 0 || a.strict && total > 0 {
		return silent()
	}
	return nil
}

// summary counts the findings by concern.
func summary(counts map[match.Concern]int) string {
	var parts []string
	for c := match.Faulty; c <= match.Overlap; c++ {
		if n := counts[c]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %v", n, c))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, ", ")
}

func plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// lines counts the signatures.
func (d *database) lines() (n int) {
	for _, p := range d.file.Probes {
		n += len(p.Signatures)
	}
	return n
}

// runTest tries the examples.
func runTest(_ context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	if !db.native {
		f := meaningFault("%s is in Nmap's format, which has no examples", db.name)
		f.hint = "sonde db lint examines such a file"
		return f
	}
	examples := 0
	for _, p := range db.file.Probes {
		for _, s := range p.Signatures {
			examples += len(s.Examples)
		}
	}
	faults := match.CheckExamples(db.DB)
	for _, fault := range faults {
		if _, err := fmt.Fprintln(v.stdout, printable(fault.Error())); err != nil {
			return err
		}
	}
	fmt.Fprintf(v.stderr, "sonde: %s of %s tried, %s\n", plural(examples, "example"), plural(db.lines(), "line"), plural(len(faults), "fault"))
	if len(faults) > 0 {
		return silent()
	}
	return nil
}

// runStats counts what a database holds.
func runStats(_ context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	var b strings.Builder
	row := func(name string, n int) { fmt.Fprintf(&b, "%-24s %6d\n", name, n) }
	s := count(db.file)
	row("probes, TCP", s.probes[result.TCP])
	row("probes, UDP", s.probes[result.UDP])
	row("lines", db.lines())
	row("  soft", s.soft)
	row("  without an anchor", s.unanchored)
	row("  with examples", s.exemplified)
	row("examples", s.examples)
	row("bytes of patterns", s.patternBytes)
	row("services", len(s.services))
	for f := probefile.Product; f <= probefile.CPE; f++ {
		row("lines that tell "+f.String(), s.fields[f])
	}
	b.WriteString("most lines by probe\n")
	writeTop(&b, s.tables)
	b.WriteString("most lines by service\n")
	writeTop(&b, s.services)
	_, err = io.WriteString(v.stdout, b.String())
	return err
}

// statistics are the numbers of a database.
type statistics struct {
	probes                                                map[result.Protocol]int
	soft, unanchored, exemplified, examples, patternBytes int
	fields                                                map[probefile.Field]int
	services, tables                                      map[string]int
}

func count(f *probefile.File) *statistics {
	s := &statistics{probes: make(map[result.Protocol]int), fields: make(map[probefile.Field]int),
		services: make(map[string]int), tables: make(map[string]int)}
	for _, p := range f.Probes {
		s.probes[p.Protocol]++
		for _, sig := range p.Signatures {
			s.tables[strings.ToUpper(p.Protocol.String())+" "+p.Name]++
			s.services[sig.Service]++
			s.patternBytes += len(sig.Pattern)
			s.examples += len(sig.Examples)
			s.soft += oneIf(sig.Soft)
			s.unanchored += oneIf(!strings.HasPrefix(sig.Pattern, "^"))
			s.exemplified += oneIf(len(sig.Examples) > 0)
			told := make(map[probefile.Field]bool)
			for _, t := range sig.Templates {
				told[t.Field] = true
			}
			for field := range told {
				s.fields[field]++
			}
		}
	}
	return s
}

func oneIf(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writeTop prints the ten largest counts.
func writeTop(b *strings.Builder, counts map[string]int) {
	names := make([]string, 0, len(counts))
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int { return cmp.Or(counts[y]-counts[x], cmp.Compare(x, y)) })
	for _, name := range names[:min(len(names), 10)] {
		fmt.Fprintf(b, "  %-22s %6d\n", printable(name), counts[name])
	}
}
