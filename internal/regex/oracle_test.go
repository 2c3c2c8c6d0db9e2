//go:build (linux && (386 || amd64 || arm || arm64 || riscv64)) || (darwin && (amd64 || arm64))

package regex

import (
	"testing"
	"unsafe"

	"go.elara.ws/pcre/lib"
	"modernc.org/libc"
	"modernc.org/libc/sys/types"
)

// An oracle is PCRE2 itself, translated to Go. Its memory is outside of Go's,
// so subjects are copied.
type oracle struct {
	tls     *libc.TLS
	context uintptr
	subject uintptr
	room    int
}

// oracleSteps is PCRE2's match limit. It counts other things than MaxSteps
// does: a match that meets either limit can't be compared.
const oracleSteps = 200_000

func newOracle(t testing.TB) *oracle {
	o := &oracle{tls: libc.NewTLS(), room: 1 << 16}
	o.context = lib.Xpcre2_match_context_create_8(o.tls, 0)
	lib.Xpcre2_set_match_limit_8(o.tls, o.context, oracleSteps)
	o.subject = libc.Xmalloc(o.tls, types.Size_t(o.room))
	t.Cleanup(func() {
		lib.Xpcre2_match_context_free_8(o.tls, o.context)
		libc.Xfree(o.tls, o.subject)
		o.tls.Close()
	})
	return o
}

// An oraclePattern is a pattern that PCRE2 compiled.
type oraclePattern struct {
	o        *oracle
	code, md uintptr
	caps     []int // of the last match; -1 for a group that took no part
}

// compile gives nil and PCRE2's error number for a bad pattern.
func (o *oracle) compile(pattern string, flags Flags, options uint32) (*oraclePattern, int) {
	if flags&FoldCase != 0 {
		options |= lib.DPCRE2_CASELESS
	}
	if flags&DotAll != 0 {
		options |= lib.DPCRE2_DOTALL
	}
	text := libc.Xmalloc(o.tls, types.Size_t(len(pattern)+1))
	defer libc.Xfree(o.tls, text)
	copy(memory[byte](text, len(pattern)), pattern)
	fault := libc.Xmalloc(o.tls, 16)
	defer libc.Xfree(o.tls, fault)
	code := lib.Xpcre2_compile_8(o.tls, text, lib.Tsize_t(len(pattern)), options, fault, fault+8, 0)
	if code == 0 {
		return nil, int(memory[int32](fault, 1)[0])
	}
	md := lib.Xpcre2_match_data_create_from_pattern_8(o.tls, code, 0)
	return &oraclePattern{o: o, code: code, md: md}, 0
}

func (p *oraclePattern) free() {
	lib.Xpcre2_match_data_free_8(p.o.tls, p.md)
	lib.Xpcre2_code_free_8(p.o.tls, p.code)
}

// match fills caps if the outcome is Matched.
func (p *oraclePattern) match(subject []byte) Outcome {
	o := p.o
	copy(memory[byte](o.subject, o.room), subject)
	rc := lib.Xpcre2_match_8(o.tls, p.code, o.subject, lib.Tsize_t(len(subject)), 0, 0, p.md, o.context)
	if rc == lib.DPCRE2_ERROR_NOMATCH {
		return NoMatch
	}
	if rc < 0 {
		return LimitExceeded
	}
	n := lib.Xpcre2_get_ovector_count_8(o.tls, p.md)
	ovector := lib.Xpcre2_get_ovector_pointer_8(o.tls, p.md)
	p.caps = p.caps[:0]
	for _, v := range memory[lib.Tsize_t](ovector, 2*int(n)) {
		p.caps = append(p.caps, int(v))
	}
	return Matched
}

// memory is n values at an address outside of Go's memory.
func memory[T any](address uintptr, n int) []T {
	return unsafe.Slice(*(**T)(unsafe.Pointer(&address)), n)
}
