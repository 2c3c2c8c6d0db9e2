package rpcgrind

import (
	"net"
	"time"

	"sonde/internal/pace"
)

const (
	// maxReply bounds the replies to the calls of a search: a version mismatch
	// is 32 bytes long, and no verifier is longer than 400.
	maxReply = 8 << 10

	// writeWait is how long a server may refuse to read.
	writeWait = 3 * time.Second
)

// wire carries messages over one connection. It belongs to one goroutine.
type wire struct {
	conn      net.Conn
	datagrams bool
	records   records
	in, out   []byte
}

func newWire(conn net.Conn, datagrams bool, limit int) *wire {
	size := 16 << 10
	if datagrams {
		size = 64 << 10
	}
	return &wire{conn: conn, datagrams: datagrams, records: records{limit: limit}, in: make([]byte, size)}
}

// put queues a call for send; a datagram goes out at once.
func (w *wire) put(c call) error {
	if !w.datagrams {
		w.out = appendRecord(w.out, c.append)
		return nil
	}
	w.out = c.append(w.out[:0])
	err := w.write(w.out)
	w.out = w.out[:0]
	return err
}

// send sends what was queued.
func (w *wire) send() error {
	if len(w.out) == 0 {
		return nil
	}
	err := w.write(w.out)
	w.out = w.out[:0]
	return err
}

func (w *wire) write(b []byte) error {
	w.conn.SetWriteDeadline(pace.Deadline(writeWait))
	_, err := w.conn.Write(b)
	return err
}

// receive waits for messages until a moment and hands them on, each valid
// during the call alone. A record that is none is an errRecord.
func (w *wire) receive(until time.Time, each func(message []byte)) error {
	w.conn.SetReadDeadline(until)
	n, err := w.conn.Read(w.in)
	if w.datagrams {
		if err == nil {
			each(w.in[:n])
		}
		return err
	}
	w.records.add(w.in[:n])
	for {
		message, e := w.records.next()
		switch {
		case e != nil:
			return &recordError{e}
		case message == nil:
			return err
		}
		each(message)
	}
}

// recordError tells that a stream holds no records.
type recordError struct{ err error }

func (e *recordError) Error() string { return e.err.Error() }
