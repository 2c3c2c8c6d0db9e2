// Package lua is a virtual machine for Lua 5.4 in Go, because scripts need Lua's exact semantics, a sandbox and no C.
//
// The language is complete. What differs from the reference implementation:
//
//   - There are no binary chunks and no string.dump.
//   - Go's collector frees memory. The State has a collector of its own that
//     only marks: it clears weak tables (ephemerons included), calls
//     finalizers, ends unreachable coroutines and measures memory. It runs when
//     much was allocated since the last time, and for collectgarbage.
//   - pairs goes through the array part and then through the other keys in the
//     order of their insertion.
//   - A coroutine may yield across any Go function, also from the functions
//     that table.sort and string.gsub call; only functions that close variables
//     from outside (coroutine.close) can't yield.
//   - The debug library has no hooks and no registry. The io and os libraries
//     have what the [Host] gives them, and nothing by default.
//
// A [State] is one world of globals. Its main entry points are [State.Load],
// [State.Call] and, for scripts that may have to wait, [State.NewThread] with
// [Thread.Resume]: a native that calls [Thread.Park] suspends the coroutine,
// whatever it was in the middle of, and the host resumes it when it has the
// answer. Thousands of coroutines may wait like this without a goroutine of
// the host each.
package lua
