package match

import (
	"context"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	db := load(t, `Probe TCP NULL q||
match first m|^220 (\w+) ready| p/$1/
match second m|^220 \w+ ready\r\n| p/Never/
match same m|^220 (\w+) ready| p/Never/
match broken m|^(|
match free m|220 there|
match lost m|^331(a)?| p/$2/ i/$P/ cpe:/x:y/
match some m=^332 (?:a(b)|c)= p/$1/
match part m=^(?:220 x ready|333)=
match slow m|^(?:x+)+y$|
match empty m|^x*|
Probe TCP Get q|GET|
Probe TCP Get q|other|
Probe TCP Again q|GET|
`)
	findings, err := Lint(context.Background(), db)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, f.String())
	}
	for _, want := range []string{
		"db:3:1: shadowed: the first line in db:2 takes all of ",
		"db:4:1: shadowed: the line in db:2 has the same pattern, so this one is never reached",
		"db:5:18: faulty: pattern: missing closing parenthesis",
		"db:11:1: faulty: the pattern matches the empty text, so every reply",
		"db:6:1: unanchored: not every alternative of the pattern begins with ^",
		"db:7:1: template: product is always lost: the pattern has no group 2",
		"db:7:1: template: info is always lost: ",
		"db:7:1: template: cpe is always lost: its part is not one of a, h and o",
		"db:8:1: template: product is lost on some replies: group 1 took no part in the match",
		"db:9:1: overlap: the first line in db:2 takes ",
		"db:10:1: costly: the pattern gives up on a reply of ",
		"db:13:1: shadowed: probe Get has the name of the probe in db:12:1, which fallbacks mean",
		"db:14:1: overlap: probe Again sends the same as probe Get in db:12:1",
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("not said: %s", want)
		}
	}
	if t.Failed() {
		t.Logf("said:\n%s", strings.Join(got, "\n"))
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Lint(ctx, db); err == nil {
		t.Error("an ended context goes unnoticed")
	}
}
