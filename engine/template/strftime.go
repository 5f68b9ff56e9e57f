package template

import (
	"fmt"
	"strings"
	"time"
)

// strftime formats the time of the rendering with C's codes and English names. An unknown code stands for itself.
func (s *state) strftime(format string) string {
	now := s.now()
	var b strings.Builder
	for {
		i := strings.IndexByte(format, '%')
		if i < 0 || i+1 >= len(format) {
			b.WriteString(format)
			return b.String()
		}
		b.WriteString(format[:i])
		code := format[i+1:]
		plain := strings.HasPrefix(code, "-") && len(code) > 1 // GNU's flag: without leading zeros
		if plain {
			code = code[1:]
		}
		field := timeField(now, code[0])
		if plain {
			field = trimZeros(field)
		}
		b.WriteString(field)
		s.charge(b.Len())
		format = code[1:]
	}
}

func trimZeros(t string) string {
	short := strings.TrimLeft(t, "0 ")
	if short == "" {
		return "0"
	}
	return short
}

// timeLayouts are the codes that Go can format.
var timeLayouts = map[byte]string{
	'Y': "2006", 'm': "01", 'd': "02", 'H': "15", 'I': "03", 'M': "04", 'S': "05", 'p': "PM", 'y': "06",
	'B': "January", 'b': "Jan", 'h': "Jan", 'A': "Monday", 'a': "Mon", 'e': "_2", 'j': "002",
	'F': "2006-01-02", 'T': "15:04:05", 'R': "15:04", 'D': "01/02/06", 'r': "03:04:05 PM",
	'c': "Mon Jan _2 15:04:05 2006", 'x': "01/02/06", 'X': "15:04:05",
}

func timeField(t time.Time, code byte) string {
	if layout, ok := timeLayouts[code]; ok {
		return t.Format(layout)
	}
	day := int(t.Weekday())
	switch code {
	case 'f':
		return fmt.Sprintf("%06d", t.Nanosecond()/1000)
	case 'k':
		return fmt.Sprintf("%2d", t.Hour())
	case 'l':
		return fmt.Sprintf("%2d", (t.Hour()+11)%12+1)
	case 'w':
		return fmt.Sprint(day)
	case 'u':
		return fmt.Sprint((day+6)%7 + 1)
	case 'U':
		return fmt.Sprintf("%02d", (t.YearDay()+6-day)/7)
	case 'W':
		return fmt.Sprintf("%02d", (t.YearDay()+6-(day+6)%7)/7)
	case 's':
		return fmt.Sprint(t.Unix())
	case 'C':
		return fmt.Sprintf("%02d", t.Year()/100)
	}
	return isoField(t, code)
}

func isoField(t time.Time, code byte) string {
	year, week := t.ISOWeek()
	switch code {
	case 'G':
		return fmt.Sprint(year)
	case 'g':
		return fmt.Sprintf("%02d", year%100)
	case 'V':
		return fmt.Sprintf("%02d", week)
	case 'z', 'Z':
		return "" // the time carries no zone, as datetime.now() in Python
	case '%':
		return "%"
	case 'n':
		return "\n"
	case 't':
		return "\t"
	}
	return "%" + string(rune(code))
}
