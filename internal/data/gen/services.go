//go:build ignore

// Services makes ../tables/services: the ports of common.txt with their ranks,
// then the rest of IANA's Service Name and Transport Protocol Port Number
// Registry, whose CSV file is to be had at
// https://www.iana.org/assignments/service-names-port-numbers/
// (columns name, port, protocol, description in this order).
//
//	go run services.go common.txt iana.csv >../tables/services
package main

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
)

const header = `# Names of ports, and how often they are found open.
# Made by internal/data/gen/services.go from common.txt beside it and from IANA's port registry; change those.
# The n-th most common port of a protocol has the ratio 1/2n: an order, not a measurement.
`

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: go run services.go common.txt iana.csv")
	}
	common, err := readCommon(os.Args[1])
	check(err)
	registry, err := readRegistry(os.Args[2])
	check(err)
	out := bufio.NewWriter(os.Stdout)
	out.WriteString(header)
	write(out, common, registry)
	check(out.Flush())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// port is a number with its protocol, as "80/tcp".
type port string

type entry struct {
	name string
	port port
	rank bool // it belongs to the ports that are scanned by default
}

// write puts the ranked ports first. SCTP has too few to be ranked: what the
// table lists is what a scan tries, so the registry adds nothing to it.
func write(w io.Writer, common, registry []entry) {
	known := map[port]bool{}
	rank := map[string]int{}
	for _, e := range common {
		known[e.port] = true
		proto := e.port.protocol()
		if e.rank && proto != "sctp" {
			rank[proto]++
			fmt.Fprintf(w, "%s %s 1/%d\n", e.name, e.port, 2*rank[proto])
		} else {
			fmt.Fprintf(w, "%s %s\n", e.name, e.port)
		}
	}
	for _, e := range registry {
		if p := e.port.protocol(); (p == "tcp" || p == "udp") && !known[e.port] {
			known[e.port] = true
			fmt.Fprintf(w, "%s %s\n", e.name, e.port)
		}
	}
}

func (p port) protocol() string { return string(p[strings.IndexByte(string(p), '/')+1:]) }

func readCommon(name string) ([]entry, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out []entry
	rank := true
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "# Well-known ports outside") {
			rank = false
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if len(words) != 2 {
			return nil, fmt.Errorf("%s: %q is not a name and a port", name, line)
		}
		out = append(out, entry{words[0], port(words[1]), rank})
	}
	return out, nil
}

// readRegistry gives the first name that the registry has for each port,
// sorted by number.
func readRegistry(name string) ([]entry, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	type row struct {
		number int
		entry
	}
	var sorted []row
	for _, r := range rows[1:] {
		lo, hi, isRange := strings.Cut(r[1], "-")
		if !isRange {
			hi = lo
		}
		first, err1 := strconv.Atoi(lo)
		last, err2 := strconv.Atoi(hi)
		if r[0] == "" || err1 != nil || err2 != nil {
			continue
		}
		for n := first; n <= last; n++ {
			sorted = append(sorted, row{n, entry{oneWord(r[0]), port(fmt.Sprintf("%d/%s", n, r[2])), false}})
		}
	}
	slices.SortStableFunc(sorted, func(a, b row) int { return a.number - b.number })
	out := make([]entry, len(sorted))
	for i, r := range sorted {
		out[i] = r.entry
	}
	return out, nil
}

// oneWord joins a name of several words, leaving out what is in parentheses.
func oneWord(name string) string {
	name, _, _ = strings.Cut(name, " (")
	return strings.ReplaceAll(name, " ", "-")
}
