package match

import (
	"testing"
	"testing/fstest"

	"sonde/internal/data"
	"sonde/probefile"
)

// TestOwnSignatures holds the database that sonde ships to its examples.
func TestOwnSignatures(t *testing.T) {
	f, err := probefile.ParseNative(data.Probes())
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range CheckExamples(db) {
		t.Error(err)
	}
}

func TestCheckExamples(t *testing.T) {
	f, err := probefile.ParseNative(fstest.MapFS{"x.probe": {Data: []byte(`Probe TCP NULL q||
match good m|^a (\d+) (\S+)| p/A/ v/$1/ h/$2/ cpe:/o:x:y/ cpe:/a:x:a:$1/
example q|a 12 h| p/A/ v/12/ h/h/ cpe:/a:x:a:12/ cpe:/o:x:y/
source test
example q|a 12 h| p/A/ v/13/ cpe:/o:x:y/ cpe:/a:x:a:12/
source test
match taken m|^a .*z|
example q|a 1 z|
source test
match missed m|^b|
example q|c|
source test
match broken m|^c(|
example q|c|
source test
match empty m|^d*|
specificity 0
example q|d|
source test
match half m/^e|f/
example q|e|
source test
match fails m|^g(x)?| p/a$1/ i/b$2/
example q|g|
source test
match endless m|^(x+)+$|
example q|xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy|
source test
`)}})
	if err != nil {
		t.Fatal(err)
	}
	db, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`x.probe:5:1: version is ["12"], the example wants ["13"]`,
		`x.probe:5:1: hostname is ["h"], the example wants []`,
		`x.probe:5:1: cpe is ["a:x:a:12" "o:x:y"], the example wants ["o:x:y" "a:x:a:12"]`,
		`x.probe:8:1: the example is taken by the good signature in x.probe:2`,
		`x.probe:11:1: the example is taken by the empty signature in x.probe:16`,
		`x.probe:13:19: pattern: missing closing parenthesis`,
		`x.probe:20:1: not every alternative of the pattern begins with ^, and no unanchored line says why`,
		`x.probe:24:1: template fails: x.probe:23: product "a$1": group 1 took no part in the match`,
		`x.probe:24:1: template fails: x.probe:23: info "b$2": the pattern has no group 2`,
		`x.probe:27:1: the example is taken by the empty signature in x.probe:16`,
		`x.probe:27:1: the pattern in x.probe:26 runs into the step limit`,
		`x.probe:16:1: the pattern matches the empty text`,
	}
	got := CheckExamples(db)
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			t.Errorf("not found: %s", want[i])
		case i >= len(want):
			t.Errorf("too much: %v", got[i])
		case got[i].Error() != want[i]:
			t.Errorf("got  %v\nwant %s", got[i], want[i])
		}
	}
}
