package lua

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"strings"
	"syscall"
	"time"
)

// openOS makes the functions the host has the means for.
func openOS(s *State) *Table {
	tab := s.newTable(0, 12)
	h := &s.host
	funcs := map[string]Function{"difftime": osDifftime}
	if h.Now != nil {
		funcs["time"], funcs["date"] = osTime, osDate
	}
	if h.CPU != nil {
		funcs["clock"] = func(t *Thread) (int, error) { return t.Return(Float(h.CPU().Seconds())) }
	}
	if h.Getenv != nil {
		funcs["getenv"] = func(t *Thread) (int, error) {
			if v, ok := h.Getenv(t.CheckString(1)); ok {
				return t.Return(t.String(v))
			}
			return t.Return(Nil)
		}
	}
	if h.Files != nil {
		funcs["remove"] = func(t *Thread) (int, error) {
			name := t.CheckString(1)
			return t.fileResult(h.Files.Remove(name), name)
		}
		funcs["rename"] = func(t *Thread) (int, error) {
			name := t.CheckString(1)
			return t.fileResult(h.Files.Rename(name, t.CheckString(2)), name)
		}
	}
	if h.Tempname != nil {
		funcs["tmpname"] = func(t *Thread) (int, error) {
			name, err := h.Tempname()
			if err != nil {
				return 0, t.Errorf("unable to generate a unique filename")
			}
			return t.Return(t.String(name))
		}
	}
	if h.Execute != nil {
		funcs["execute"] = osExecute
	}
	if h.Exit != nil {
		funcs["exit"] = osExit
	}
	if h.Files != nil {
		funcs["setlocale"] = osSetlocale
	}
	setFuncs(tab, "os.", funcs)
	return tab
}

// fileResult pushes true, or nil, a message and an error number.
func (t *Thread) fileResult(err error, name string) (int, error) {
	if err == nil {
		return t.Return(Bool(true))
	}
	msg, code := errorText(err)
	if name != "" {
		msg = name + ": " + msg
	}
	t.Push(Nil)
	t.Push(t.String(msg))
	t.Push(Int(code))
	return 3, nil
}

// errorText words an error of a file operation as C's strerror.
func errorText(err error) (string, int64) {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	var no syscall.Errno
	code := int64(0)
	if errors.As(err, &no) {
		code, err = int64(no), no
	}
	msg := err.Error()
	if msg != "" {
		msg = strings.ToUpper(msg[:1]) + msg[1:]
	}
	return msg, code
}

func osExecute(t *Thread) (int, error) {
	if t.Arg(1).IsNil() {
		return t.Return(Bool(true))
	}
	kind, code, err := t.s.host.Execute(t.CheckString(1))
	if err != nil {
		return t.fileResult(err, "")
	}
	if kind == "exit" && code == 0 {
		t.Push(Bool(true))
	} else {
		t.Push(Nil)
	}
	t.Push(String(kind))
	t.Push(Int(int64(code)))
	return 3, nil
}

func osExit(t *Thread) (int, error) {
	code := 0
	switch v := t.Arg(1); {
	case v.Kind() == KindBool && !v.Truthy():
		code = 1
	case v.Kind() != KindBool:
		code = int(t.OptInt(1, 0))
	}
	if t.Arg(2).Truthy() {
		t.s.FinalizeAll()
	}
	t.s.host.Exit(code)
	return 0, t.Errorf("exit is not possible")
}

func osSetlocale(t *Thread) (int, error) {
	if name := t.OptString(1, "C"); name != "" && name != "C" && name != "POSIX" {
		return t.Return(Nil)
	}
	return t.Return(String("C"))
}

func osDifftime(t *Thread) (int, error) {
	return t.Return(Float(float64(t.CheckInt(1)) - float64(t.CheckInt(2))))
}

func (s *State) zone() *time.Location {
	if s.host.Zone == nil {
		return time.UTC
	}
	return s.host.Zone
}

// timeField reads a number of the table given to os.time.
func (t *Thread) timeField(tab Value, key string, def int64) int {
	v := t.index(tab, String(key))
	n, ok := toInteger(v)
	switch {
	case ok:
	case !v.IsNil() && !toNumber(v).IsNil() || !v.IsNil():
		t.raisef("field '%s' is not an integer", key)
	case def < 0:
		t.raisef("field '%s' missing in date table", key)
	default:
		return int(def)
	}
	base := int64(0)
	switch key {
	case "year":
		base = 1900
	case "month":
		base = 1
	}
	if x := n - base; x < math.MinInt32 || x > math.MaxInt32 || base > n && n < math.MinInt32 {
		t.raisef("field '%s' is out-of-bound", key)
	}
	return int(n)
}

func osTime(t *Thread) (int, error) {
	if t.Arg(1).IsNil() {
		return t.Return(Int(t.s.host.Now().Unix()))
	}
	t.CheckTable(1)
	tab := t.Arg(1)
	y, m, d := t.timeField(tab, "year", -1), t.timeField(tab, "month", -1), t.timeField(tab, "day", -1)
	h, mi, s := t.timeField(tab, "hour", 12), t.timeField(tab, "min", 0), t.timeField(tab, "sec", 0)
	when := time.Date(y, time.Month(m), d, h, mi, s, 0, t.s.zone())
	fillDate(tab.AsTable(), when)
	return t.Return(Int(when.Unix()))
}

func fillDate(tab *Table, w time.Time) {
	for _, f := range []struct {
		key string
		val int
	}{{"year", w.Year()}, {"month", int(w.Month())}, {"day", w.Day()}, {"hour", w.Hour()}, {"min", w.Minute()},
		{"sec", w.Second()}, {"yday", w.YearDay()}, {"wday", int(w.Weekday()) + 1}} {
		tab.SetString(f.key, Int(int64(f.val)))
	}
	tab.SetString("isdst", Bool(w.IsDST()))
}

func osDate(t *Thread) (int, error) {
	format := t.OptString(1, "%c")
	var w time.Time
	if t.Arg(2).IsNil() {
		w = t.s.host.Now()
	} else {
		sec := t.CheckInt(2)
		t.check(sec > -(1<<55) && sec < 1<<55, 2, "time out-of-bounds")
		w = time.Unix(sec, 0)
	}
	if strings.HasPrefix(format, "!") {
		w, format = w.UTC(), format[1:]
	} else {
		w = w.In(t.s.zone())
	}
	if strings.HasPrefix(format, "*t") {
		tab := t.s.newTable(0, 9)
		fillDate(tab, w)
		return t.Return(TableValue(tab))
	}
	var b strings.Builder
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			b.WriteByte(format[i])
			continue
		}
		spec := format[i+1:]
		n := 1
		if spec != "" && (spec[0] == 'E' || spec[0] == 'O') {
			n = 2
		}
		text, ok := "", false
		if len(spec) >= n && (n == 1 || strings.Contains(map[byte]string{'E': "cCxXyY", 'O': "deHImMSuUVwWy"}[spec[0]], spec[1:2])) {
			text, ok = strftime(w, spec[n-1])
		}
		if !ok {
			t.ArgError(1, fmt.Sprintf("invalid conversion specifier '%%%s'", spec[:min(n, len(spec))]))
		}
		b.WriteString(text)
		i += n
	}
	return t.Return(t.String(b.String()))
}

// strftime is one conversion in the C locale.
func strftime(w time.Time, c byte) (string, bool) {
	layouts := map[byte]string{'a': "Mon", 'A': "Monday", 'b': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02",
		'D': "01/02/06", 'e': "_2", 'F': "2006-01-02", 'h': "Jan", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM",
		'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'z': "-0700", 'Z': "MST"}
	if l, ok := layouts[c]; ok {
		s := w.Format(l)
		if c == 'Z' && s == "UTC" {
			s = "GMT"
		}
		return s, true
	}
	year, week := w.ISOWeek()
	wday, yday := int(w.Weekday()), w.YearDay()-1
	switch c {
	case 'C':
		return fmt.Sprintf("%02d", w.Year()/100), true
	case 'g':
		return fmt.Sprintf("%02d", year%100), true
	case 'G':
		return fmt.Sprint(year), true
	case 'j':
		return fmt.Sprintf("%03d", yday+1), true
	case 'n':
		return "\n", true
	case 's':
		return fmt.Sprint(w.Unix()), true
	case 't':
		return "\t", true
	case 'u':
		return fmt.Sprint((wday+6)%7 + 1), true
	case 'U':
		return fmt.Sprintf("%02d", (yday+7-wday)/7), true
	case 'V':
		return fmt.Sprintf("%02d", week), true
	case 'w':
		return fmt.Sprint(wday), true
	case 'W':
		return fmt.Sprintf("%02d", (yday+7-(wday+6)%7)/7), true
	case 'y':
		return fmt.Sprintf("%02d", w.Year()%100), true
	case 'Y':
		return fmt.Sprint(w.Year()), true
	case '%':
		return "%", true
	}
	return "", false
}
