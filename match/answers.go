package match

import (
	"errors"
	"fmt"
	"html"
	"strconv"
	"strings"

	"sonde/probefile"
	"sonde/result"
)

// Answer is a reply and the probe that drew it.
type Answer struct {
	Protocol result.Protocol
	Probe    string // its name
	Reply    []byte // only the beginning, where the source holds no more
}

// IsFingerprint tells whether a text looks like the fingerprint of a service:
// it begins with "SF-Port".
func IsFingerprint(text string) bool {
	return strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "SF-Port")
}

// ParseFingerprint reads the fingerprint of a service that was not recognised,
// as scanners print it, wrapped or on one line, or as the attribute servicefp
// of XML has it. The answers are in the order in which they came.
func ParseFingerprint(text string) ([]Answer, error) {
	if strings.Contains(text, "&quot;") {
		text = html.UnescapeString(text)
	}
	var line strings.Builder
	for piece := range strings.Lines(text) {
		piece = strings.TrimRight(piece, "\r\n")
		line.WriteString(strings.TrimPrefix(piece, "SF:"))
	}
	head, rest, _ := strings.Cut(strings.TrimLeft(line.String(), " \t"), ":")
	port, protocol, ok := strings.Cut(strings.TrimPrefix(head, "SF-Port"), "-")
	if _, err := strconv.ParseUint(port, 10, 16); !ok || err != nil {
		return nil, errors.New("fingerprint must begin with SF-Port, a port number, and -TCP or -UDP")
	}
	a := Answer{}
	switch protocol {
	case "TCP":
	case "UDP":
		a.Protocol = result.UDP
	default:
		return nil, fmt.Errorf("fingerprint of protocol %.10q, which is neither TCP nor UDP", protocol)
	}
	var answers []Answer
	for {
		_, after, ok := strings.Cut(rest, "%r(")
		if !ok {
			return answers, nil
		}
		var err error
		if a.Probe, a.Reply, rest, err = readAnswer(after); err != nil {
			return nil, err
		}
		answers = append(answers, a)
	}
}

// readAnswer reads `name,length,"bytes")`.
func readAnswer(text string) (probe string, reply []byte, rest string, err error) {
	probe, text, ok := strings.Cut(text, ",")
	length, text, ok2 := strings.Cut(text, ",")
	if !ok || !ok2 || probe == "" || !strings.HasPrefix(text, `"`) {
		return "", nil, "", errors.New("an answer in the fingerprint lacks its probe, length or bytes")
	}
	if _, err := strconv.ParseUint(length, 16, 32); err != nil {
		return "", nil, "", fmt.Errorf("answer to %s has the length %.10q", probe, length)
	}
	for i := 1; i < len(text); i++ {
		c := text[i]
		if c == '"' {
			return probe, reply, text[i+1:], nil
		}
		if c == '\\' {
			var n int
			if c, n = unescapeAnswer(text[i:]); n == 0 {
				return "", nil, "", fmt.Errorf("answer to %s has a broken escape", probe)
			}
			i += n - 1
		}
		reply = append(reply, c)
	}
	return "", nil, "", fmt.Errorf("answer to %s has no end", probe)
}

// unescapeAnswer decodes an escape and how long it is; 0 if it is broken.
func unescapeAnswer(text string) (c byte, n int) {
	if len(text) < 2 {
		return 0, 0
	}
	switch c = text[1]; c {
	case '0':
		return 0, 2
	case 'r':
		return '\r', 2
	case 'n':
		return '\n', 2
	case 't':
		return '\t', 2
	case 'x':
		if len(text) < 4 || !isHex(text[2]) || !isHex(text[3]) {
			return 0, 0
		}
		return unhex(text[2])<<4 | unhex(text[3]), 4
	}
	return c, 2
}

// answerMark begins an answer in a line of a transcript.
const answerMark = "< "

// FormatAnswer is the answer as a line of a transcript, without line feed.
func FormatAnswer(a Answer) string {
	return fmt.Sprintf("%s%s %s q|%s|", answerMark, strings.ToUpper(a.Protocol.String()), a.Probe, probefile.Escape(a.Reply))
}

// IsTranscript tells whether a text holds a line of the form that [FormatAnswer] makes.
func IsTranscript(text string) bool {
	for line := range strings.Lines(text) {
		if _, ok, _ := answerOf(line); ok {
			return true
		}
	}
	return false
}

// ParseTranscript reads the answers of a conversation that was written down
// with a line for each: "<", the protocol, the name of the probe, and the
// bytes as in a Probe line. What stands before the "<" and all other lines
// count as remarks.
func ParseTranscript(text string) ([]Answer, error) {
	var answers []Answer
	number := 0
	for line := range strings.Lines(text) {
		number++
		a, ok, err := answerOf(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		if ok {
			answers = append(answers, a)
		}
	}
	return answers, nil
}

func answerOf(line string) (a Answer, ok bool, err error) {
	_, rest, found := strings.Cut(" "+strings.TrimRight(line, "\r\n"), " "+answerMark)
	protocol, rest, _ := strings.Cut(rest, " ")
	probe, quoted, _ := strings.Cut(rest, " ")
	if !found || probe == "" || protocol != "TCP" && protocol != "UDP" || len(quoted) < 3 || quoted[0] != 'q' {
		return Answer{}, false, nil
	}
	a.Probe = probe
	if protocol == "UDP" {
		a.Protocol = result.UDP
	}
	text, _, found := strings.Cut(quoted[2:], quoted[1:2])
	if !found {
		return Answer{}, false, fmt.Errorf("answer to %s has no closing delimiter", probe)
	}
	if a.Reply, err = probefile.Unescape(text); err != nil {
		return Answer{}, false, fmt.Errorf("answer to %s: %w", probe, err)
	}
	return a, true, nil
}
