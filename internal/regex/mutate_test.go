package regex

import "math/rand/v2"

// mutate spoils a subject, so that it matches no more, or otherwise.
func mutate(s []byte, rng *rand.Rand) []byte {
	s = append([]byte(nil), s...)
	for range 1 + rng.IntN(3) {
		at := rng.IntN(len(s) + 1)
		switch kind := rng.IntN(9); {
		case kind == 0:
			s = s[:at]
		case kind == 1:
			s = append(s, "\n"...)
		case kind == 2:
			s = append(s, "\r\nmore\r\n"...)
		case kind == 3:
			const odd = "\v\f\xa0\x85\xe9\xb5\xff\x00\n\r aA0_"
			s = append(s[:at], append([]byte{odd[rng.IntN(len(odd))]}, s[at:]...)...)
		case kind == 4:
			s = append([]byte("x\n"), s...)
		case kind == 5:
			to := min(len(s), at+rng.IntN(8))
			s = append(s[:at], append(append([]byte(nil), s[at:to]...), s[at:]...)...)
		case at == len(s):
		case kind == 6:
			s[at] ^= 1 << rng.IntN(8)
		case kind == 7:
			s = append(s[:at], s[at+1:]...)
		case isLetter(s[at]):
			s[at] ^= 0x20
		}
	}
	return s
}
