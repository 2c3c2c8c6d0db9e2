package match

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sonde/probefile"
)

// room is how many bytes a field may hold, and one more: Nmap's databases were
// written for C strings in buffers of these sizes, and a template that
// outgrows its buffer loses its field.
var room = [...]int{
	probefile.Product: 80, probefile.Version: 80, probefile.Info: 256, probefile.Hostname: 80,
	probefile.OS: 32, probefile.Device: 32, probefile.CPE: 80,
}

// fill makes the fields of the signature that has just matched reply.
func (r *Result) fill(reply []byte) {
	for _, t := range r.Signature.Templates {
		if t.Field == probefile.CPE {
			r.fillCPE(t, reply)
			continue
		}
		r.value = r.value[:0]
		*r.field(t.Field) = r.expand(t, reply)
	}
}

func (r *Result) field(f probefile.Field) *string {
	switch f {
	case probefile.Product:
		return &r.Product
	case probefile.Version:
		return &r.Version
	case probefile.Info:
		return &r.Info
	case probefile.Hostname:
		return &r.Hostname
	case probefile.OS:
		return &r.OS
	default:
		return &r.Device
	}
}

// fillCPE makes a CPE name. There is one for each part, the last of the line.
func (r *Result) fillCPE(t probefile.Template, reply []byte) {
	part := -1
	if t.Text != "" {
		part = strings.IndexByte("aho", t.Text[0])
	}
	if part < 0 {
		r.warn(t, errors.New("the part is not one of a, h and o"))
		return
	}
	r.value = append(r.value[:0], "cpe:/"...)
	r.CPE[part] = r.expand(t, reply)
}

// expand appends what the template makes to r.value and returns the whole.
// It is empty if anything is wrong with the template.
func (r *Result) expand(t probefile.Template, reply []byte) string {
	limit := room[t.Field]
	for part, err := range t.Parts() {
		if err != nil {
			return r.warn(t, err)
		}
		if part.Kind == probefile.Literal {
			r.value = append(r.value, part.Text...)
			if len(r.value) > limit-1 {
				return r.warn(t, fmt.Errorf("longer than %d bytes", limit-1))
			}
			continue
		}
		start := len(r.value)
		if err := r.substitute(part, reply); err != nil {
			return r.warn(t, err)
		}
		if i := bytes.IndexByte(r.value[start:], 0); i >= 0 {
			r.value = r.value[:start+i]
		}
		if t.Field == probefile.CPE {
			r.value = appendEscapedCPE(r.value[:start], bytes.Clone(r.value[start:]))
		}
		if len(r.value) > limit-2 {
			return r.warn(t, fmt.Errorf("longer than %d bytes after group %d", limit-2, part.Group))
		}
	}
	return string(bytes.TrimRight(r.value, " \t\n\v\f\r,"))
}

// substitute appends the value of a part that is taken from a group.
func (r *Result) substitute(part probefile.Part, reply []byte) error {
	if part.Group > r.groups {
		return fmt.Errorf("the pattern has no group %d", part.Group)
	}
	lo, hi, ok := r.matcher.Group(part.Group)
	if !ok {
		return fmt.Errorf("group %d took no part in the match", part.Group)
	}
	group := reply[lo:hi]
	switch part.Kind {
	case probefile.Group:
		r.value = append(r.value, group...)
	case probefile.Printable:
		for _, c := range group {
			if isPrint(c) {
				r.value = append(r.value, c)
			}
		}
	case probefile.Replace:
		from := []byte(part.From)
		for {
			i := bytes.Index(group, from)
			if i < 0 {
				break
			}
			r.value = append(append(r.value, group[:i]...), part.To...)
			group = group[i+len(from):]
		}
		r.value = append(r.value, group...)
	case probefile.Number:
		if len(group) > 8 {
			return fmt.Errorf("group %d has %d bytes, too many for an integer", part.Group, len(group))
		}
		var n uint64
		for i := range group {
			c := group[i]
			if part.LittleEndian {
				c = group[len(group)-1-i]
			}
			n = n<<8 | uint64(c)
		}
		r.value = strconv.AppendUint(r.value, n, 10)
	}
	return nil
}

// appendEscapedCPE appends a value in the form it has within a CPE 2.2 URI.
func appendEscapedCPE(dst, value []byte) []byte {
	for _, c := range value {
		switch {
		case strings.IndexByte(`:/?#[]@!$&'()*+,;=%<>"`, c) >= 0:
			dst = fmt.Appendf(dst, "%%%02X", c)
		case c == ' ' || '\t' <= c && c <= '\r':
			dst = append(dst, '_')
		case 'A' <= c && c <= 'Z':
			dst = append(dst, c+'a'-'A')
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// warn notes that a template failed. It returns the empty value of the field.
func (r *Result) warn(t probefile.Template, err error) string {
	r.Warnings = append(r.Warnings, fmt.Sprintf("%s: %s %q: %v", place(r.Signature), t.Field, t.Text, err))
	r.lost = append(r.lost, loss{t.Field, err})
	return ""
}
