package lua

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// A luaFile is what a file handle holds.
type luaFile struct {
	file   io.Closer // nil for standard streams, which can't be closed
	seek   io.Seeker
	r      *bufio.Reader
	w      *bufio.Writer
	closed bool
	line   bool // flush after each write
	wait   bool // closing gives an exit status
}

const fileMeta = "FILE*"

// openIO makes io.open and others if the host has files, io.popen if it runs
// programs, and the standard streams it has.
func openIO(s *State) *Table {
	methods := s.newTable(0, 8)
	setFuncs(methods, "", map[string]Function{"close": fileClose, "flush": fileFlush, "lines": fileLines, "read": fileRead,
		"seek": fileSeek, "setvbuf": fileSetvbuf, "write": fileWrite})
	meta := s.newTable(0, 8)
	meta.SetString("__index", TableValue(methods))
	meta.SetString("__name", String(fileMeta))
	setFuncs(meta, "", map[string]Function{"__gc": fileCollect, "__close": fileCollect, "__tostring": fileToString})
	s.registry.SetString(fileMeta, TableValue(meta))

	tab := s.newTable(0, 16)
	funcs := map[string]Function{"type": ioType, "read": ioRead, "write": ioWrite, "close": ioClose, "input": ioInput, "output": ioOutput}
	if s.host.Files != nil {
		funcs["open"], funcs["lines"] = ioOpen, ioLines
		if s.host.Tempname != nil {
			funcs["tmpfile"] = ioTmpfile
		}
	}
	if s.host.Popen != nil {
		funcs["popen"] = ioPopen
	}
	setFuncs(tab, "io.", funcs)
	stream := func(name string, f *luaFile) {
		v := UserdataValue(NewUserdata(f, meta))
		tab.SetString(name, v)
		s.registry.SetString("io."+name, v)
	}
	if s.host.Stdin != nil {
		stream("stdin", &luaFile{r: bufio.NewReader(s.host.Stdin)})
	}
	if s.host.Stdout != nil {
		stream("stdout", &luaFile{w: bufio.NewWriterSize(s.host.Stdout, 16), line: true})
	}
	if s.host.Stderr != nil {
		stream("stderr", &luaFile{w: bufio.NewWriterSize(s.host.Stderr, 16), line: true})
	}
	return tab
}

func (t *Thread) newFile(f *luaFile) Value {
	v := UserdataValue(NewUserdata(f, t.s.registry.GetString(fileMeta).AsTable()))
	t.s.charge(5000)
	t.s.setFinalizer(v)
	return v
}

func fileOf(v Value) *luaFile {
	if u := v.AsUserdata(); u != nil {
		f, _ := u.Data.(*luaFile)
		return f
	}
	return nil
}

// checkFile is argument i, a file that is open.
func (t *Thread) checkFile(i int) *luaFile {
	f := fileOf(t.Arg(i))
	if f == nil {
		t.TypeError(i, fileMeta)
	}
	if f.closed {
		t.raise("attempt to use a closed file")
	}
	return f
}

func ioType(t *Thread) (int, error) {
	t.CheckAny(1)
	f := fileOf(t.Arg(1))
	switch {
	case f == nil:
		return t.Return(Nil)
	case f.closed:
		return t.Return(String("closed file"))
	}
	return t.Return(String("file"))
}

func fileToString(t *Thread) (int, error) {
	f := fileOf(t.Arg(1))
	if f == nil {
		t.TypeError(1, fileMeta)
	}
	if f.closed {
		return t.Return(String("file (closed)"))
	}
	return t.Return(t.String(fmt.Sprintf("file (%p)", f)))
}

func openFlags(mode string) (int, bool) {
	m := strings.TrimSuffix(mode, "b")
	flag, ok := map[string]int{"r": os.O_RDONLY, "w": os.O_WRONLY | os.O_CREATE | os.O_TRUNC, "a": os.O_WRONLY | os.O_CREATE | os.O_APPEND,
		"r+": os.O_RDWR, "w+": os.O_RDWR | os.O_CREATE | os.O_TRUNC, "a+": os.O_RDWR | os.O_CREATE | os.O_APPEND}[m]
	return flag, ok
}

func (t *Thread) openFile(name, mode string) (*luaFile, error) {
	flag, _ := openFlags(mode)
	f, err := t.s.host.Files.OpenFile(name, flag, 0o666)
	if err != nil {
		return nil, err
	}
	lf := &luaFile{file: f, seek: f}
	if flag&(os.O_WRONLY) == 0 {
		lf.r = bufio.NewReader(f)
	}
	if flag&(os.O_WRONLY|os.O_RDWR) != 0 {
		lf.w = bufio.NewWriter(f)
	}
	return lf, nil
}

func ioOpen(t *Thread) (int, error) {
	name, mode := t.CheckString(1), t.OptString(2, "r")
	_, ok := openFlags(mode)
	t.check(ok, 2, "invalid mode")
	f, err := t.openFile(name, mode)
	if err != nil {
		return t.fileResult(err, name)
	}
	return t.Return(t.newFile(f))
}

func ioTmpfile(t *Thread) (int, error) {
	name, err := t.s.host.Tempname()
	if err != nil {
		return t.fileResult(err, "")
	}
	f, err := t.openFile(name, "w+")
	if err != nil {
		return t.fileResult(err, name)
	}
	// On systems where an open file can't be removed it just stays.
	_ = t.s.host.Files.Remove(name)
	return t.Return(t.newFile(f))
}

func ioPopen(t *Thread) (int, error) {
	cmd, mode := t.CheckString(1), t.OptString(2, "r")
	t.check(mode == "r" || mode == "w", 2, "invalid mode")
	p, err := t.s.host.Popen(cmd, mode)
	if err != nil {
		return t.fileResult(err, cmd)
	}
	f := &luaFile{file: p, wait: true}
	if mode == "r" {
		f.r = bufio.NewReader(p)
	} else {
		f.w = bufio.NewWriter(p)
	}
	return t.Return(t.newFile(f))
}

// An ExitError is what closing a program of Host.Popen gives when it failed.
type ExitError struct {
	Kind string // "exit" or "signal"
	Code int
}

// Error is the kind and the code.
func (e *ExitError) Error() string { return fmt.Sprintf("%s %d", e.Kind, e.Code) }

func (f *luaFile) close() error {
	f.closed = true
	var err error
	if f.w != nil {
		err = f.w.Flush()
	}
	if f.file != nil {
		err = errors.Join(err, f.file.Close())
	}
	return err
}

func (t *Thread) closeFile(f *luaFile) (int, error) {
	if f.file == nil {
		f.closed = false
		t.Push(Nil)
		t.Push(String("cannot close standard file"))
		return 2, nil
	}
	err := f.close()
	if !f.wait {
		return t.fileResult(err, "")
	}
	exit := &ExitError{Kind: "exit"}
	if err != nil && !errors.As(err, &exit) {
		return t.fileResult(err, "")
	}
	if exit.Code == 0 {
		t.Push(Bool(true))
	} else {
		t.Push(Nil)
	}
	t.Push(String(exit.Kind))
	t.Push(Int(int64(exit.Code)))
	return 3, nil
}

func fileClose(t *Thread) (int, error) { return t.closeFile(t.checkFile(1)) }

func fileCollect(t *Thread) (int, error) {
	if f := fileOf(t.Arg(1)); f != nil && !f.closed && f.file != nil {
		// Nobody is left to hear of an error.
		_ = f.close()
	}
	return 0, nil
}

// standard is the default input or output.
func (t *Thread) standard(name string) Value {
	v := t.s.registry.GetString("io." + name)
	f := fileOf(v)
	if f == nil {
		t.raisef("standard %s is not available", strings.TrimPrefix(name, "std"))
	}
	if f.closed {
		t.raisef("default %s file is closed", map[string]string{"stdin": "input", "stdout": "output"}[name])
	}
	return v
}

func ioClose(t *Thread) (int, error) {
	if t.nargs == 0 {
		return t.closeFile(fileOf(t.standard("stdout")))
	}
	return fileClose(t)
}

func ioInput(t *Thread) (int, error)  { return t.redirect("stdin", "r") }
func ioOutput(t *Thread) (int, error) { return t.redirect("stdout", "w") }

// redirect changes the default input or output.
func (t *Thread) redirect(name, mode string) (int, error) {
	if v := t.Arg(1); !v.IsNil() {
		if v.isString() && t.s.host.Files != nil {
			f, err := t.openFile(v.str(), mode)
			if err != nil {
				msg, _ := errorText(err)
				return 0, t.Errorf("cannot open file '%s' (%s)", v.str(), msg)
			}
			v = t.newFile(f)
		} else {
			t.checkFile(1)
		}
		t.s.registry.SetString("io."+name, v)
	}
	return t.Return(t.s.registry.GetString("io." + name))
}

func ioWrite(t *Thread) (int, error) {
	v := t.standard("stdout")
	return t.write(fileOf(v), v, 1)
}

func fileWrite(t *Thread) (int, error) { return t.write(t.checkFile(1), t.Arg(1), 2) }

var errBadFile = errors.New("bad file descriptor")

func (t *Thread) write(f *luaFile, v Value, first int) (int, error) {
	if f.w == nil {
		return t.fileResult(errBadFile, "")
	}
	f.syncWrite()
	for i := first; i <= t.nargs; i++ {
		if _, err := f.w.WriteString(t.CheckString(i)); err != nil {
			return t.fileResult(err, "")
		}
	}
	if f.line {
		if err := f.w.Flush(); err != nil {
			return t.fileResult(err, "")
		}
	}
	return t.Return(v)
}

// syncWrite forgets what was read ahead, before writing to the same file.
func (f *luaFile) syncWrite() {
	if f.r != nil && f.seek != nil && f.r.Buffered() > 0 {
		// An unseekable file has separate directions and needs no care.
		_, _ = f.seek.Seek(int64(-f.r.Buffered()), io.SeekCurrent)
		f.r.Discard(f.r.Buffered())
	}
}

func (f *luaFile) flush() error {
	if f.w == nil {
		return nil
	}
	return f.w.Flush()
}

func fileFlush(t *Thread) (int, error) {
	if err := t.checkFile(1).flush(); err != nil {
		return t.fileResult(err, "")
	}
	return t.Return(t.Arg(1))
}

func fileSetvbuf(t *Thread) (int, error) {
	f := t.checkFile(1)
	f.line = t.option(2, "", "no", "full", "line") != 1
	return t.fileResult(f.flush(), "")
}

func fileSeek(t *Thread) (int, error) {
	f := t.checkFile(1)
	whence := []int{io.SeekStart, io.SeekCurrent, io.SeekEnd}[t.option(2, "cur", "set", "cur", "end")]
	off := t.OptInt(3, 0)
	if f.seek == nil {
		return t.fileResult(errors.New("illegal seek"), "")
	}
	if err := f.flush(); err != nil {
		return t.fileResult(err, "")
	}
	if f.r != nil {
		if whence == io.SeekCurrent {
			off -= int64(f.r.Buffered())
		}
		f.r.Discard(f.r.Buffered())
	}
	pos, err := f.seek.Seek(off, whence)
	if err != nil {
		return t.fileResult(err, "")
	}
	return t.Return(Int(pos))
}

func ioRead(t *Thread) (int, error)   { return t.read(fileOf(t.standard("stdin")), 1, t.nargs) }
func fileRead(t *Thread) (int, error) { return t.read(t.checkFile(1), 2, t.nargs) }

// read reads by the formats in arguments first to last.
func (t *Thread) read(f *luaFile, first, last int) (int, error) {
	formats := append([]Value(nil), t.stack[t.base+first-1:max(t.base+last, t.base+first-1)]...)
	return t.readFormats(f, formats, first)
}

func (t *Thread) readFormats(f *luaFile, formats []Value, first int) (int, error) {
	if f.r == nil {
		return t.fileResult(errBadFile, "")
	}
	if err := f.flush(); err != nil {
		return t.fileResult(err, "")
	}
	if len(formats) == 0 {
		formats = []Value{String("l")}
	}
	for i, v := range formats {
		r, err := t.readOne(f.r, v, first+i)
		if err != nil && err != io.EOF {
			return t.fileResult(err, "")
		}
		t.Push(r)
		if r.IsNil() {
			return i + 1, nil
		}
	}
	return len(formats), nil
}

func (t *Thread) readOne(r *bufio.Reader, format Value, arg int) (Value, error) {
	if n, ok := format.AsInt(); ok {
		return t.readCount(r, n)
	}
	f, ok := format.AsString()
	switch f = strings.TrimPrefix(f, "*"); {
	case !ok || f == "":
	case f[0] == 'l' || f[0] == 'L':
		return t.readLine(r, f[0] == 'L')
	case f[0] == 'a':
		b, err := io.ReadAll(io.LimitReader(r, int64(t.s.limits.String)))
		return t.Bytes(b), err
	case f[0] == 'n':
		return readNumber(r), nil
	}
	t.ArgError(arg, "invalid format")
	return Nil, nil
}

func (t *Thread) readCount(r *bufio.Reader, n int64) (Value, error) {
	if n <= 0 {
		if _, err := r.Peek(1); err != nil {
			return Nil, err
		}
		return strEmpty, nil
	}
	b, err := io.ReadAll(io.LimitReader(r, min(n, int64(t.s.limits.String))))
	if len(b) == 0 {
		return Nil, err
	}
	return t.Bytes(b), err
}

func (t *Thread) readLine(r *bufio.Reader, keep bool) (Value, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > t.s.limits.String {
			return Nil, errors.New("line too long")
		}
		if err == bufio.ErrBufferFull {
			continue
		}
		if err != nil && len(line) == 0 {
			return Nil, err
		}
		if !keep && line[len(line)-1] == '\n' {
			line = line[:len(line)-1]
		}
		return t.Bytes(line), nil
	}
}

// readNumber reads the longest prefix that looks like a numeral; nil if it is none.
func readNumber(r *bufio.Reader) Value {
	var b []byte
	peek := func() byte {
		c, err := r.Peek(1)
		if err != nil {
			return 0
		}
		return c[0]
	}
	accept := func(set string) bool {
		c := peek()
		if c == 0 || strings.IndexByte(set, c) < 0 || len(b) >= 200 {
			return false
		}
		r.Discard(1)
		b = append(b, c)
		return true
	}
	for c := peek(); c != 0 && strings.IndexByte(space, c) >= 0; c = peek() {
		r.Discard(1)
	}
	accept("+-")
	digits, exp := "0123456789", "eE"
	n := 0
	if accept("0") {
		if accept("xX") {
			digits, exp = digits+"abcdefABCDEF", "pP"
		} else {
			n = 1
		}
	}
	for accept(digits) {
		n++
	}
	if accept(".") {
		for accept(digits) {
			n++
		}
	}
	if n > 0 && accept(exp) {
		accept("+-")
		for accept("0123456789") {
			n++
		}
	}
	return parseNumber(string(b))
}

// linesIterator makes the iterator of lines and io.lines.
func (t *Thread) linesIterator(file Value, first int, closing bool) Value {
	formats := append([]Value(nil), t.stack[min(t.base+first-1, t.base+t.nargs):t.base+t.nargs]...)
	v := GoFunction("lines", func(t *Thread) (int, error) {
		f := fileOf(file)
		if f.closed {
			return 0, t.Errorf("file is already closed")
		}
		n, err := t.readFormats(f, formats, 2)
		if err != nil {
			return 0, err
		}
		if r := t.stack[t.top-n]; !r.IsNil() {
			return n, nil
		}
		if n > 1 {
			return 0, t.Errorf("%s", t.ToString(t.stack[t.top-n+1]))
		}
		if closing {
			return 0, f.close()
		}
		return n, nil
	})
	v.goFunction().up = append([]Value{file}, formats...)
	return v
}

func fileLines(t *Thread) (int, error) {
	t.checkFile(1)
	return t.Return(t.linesIterator(t.Arg(1), 2, false))
}

func ioLines(t *Thread) (int, error) {
	if t.Arg(1).IsNil() {
		return t.Return(t.linesIterator(t.standard("stdin"), 2, false))
	}
	name := t.CheckString(1)
	lf, err := t.openFile(name, "r")
	if err != nil {
		msg, _ := errorText(err)
		return 0, t.Errorf("%s: %s", name, msg)
	}
	v := t.newFile(lf)
	t.Push(t.linesIterator(v, 2, true))
	t.Push(Nil)
	t.Push(Nil)
	t.Push(v)
	return 4, nil
}
