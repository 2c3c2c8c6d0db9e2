package report

import (
	"strings"
	"time"
)

// FileName fills a file name's % conversions with a time, that of the
// program's start: %H %M %S %m %d %y %Y as in strftime, %T is HHMMSS, %R is
// HHMM, %D is MMDDYY, %F is YYYY-MM-DD. A % before any other character
// stands for that character; one at the end is dropped.
func FileName(pattern string, t time.Time) string {
	var name strings.Builder
	for {
		before, after, found := strings.Cut(pattern, "%")
		name.WriteString(before)
		if !found || after == "" {
			return name.String()
		}
		if layout, known := fileNameLayouts(after[0]); known {
			name.WriteString(t.Format(layout))
		} else {
			name.WriteByte(after[0])
		}
		pattern = after[1:]
	}
}

// fileNameLayouts maps a conversion to the layout of package time.
func fileNameLayouts(conversion byte) (layout string, known bool) {
	switch conversion {
	case 'H':
		return "15", true
	case 'M':
		return "04", true
	case 'S':
		return "05", true
	case 'T':
		return "150405", true
	case 'R':
		return "1504", true
	case 'm':
		return "01", true
	case 'd':
		return "02", true
	case 'y':
		return "06", true
	case 'Y':
		return "2006", true
	case 'D':
		return "010206", true
	case 'F':
		return "2006-01-02", true
	}
	return "", false
}
