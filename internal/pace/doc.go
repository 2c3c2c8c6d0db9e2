// Package pace owns every wait of a scan: it says when something may be sent and how long an answer is worth waiting for.
//
// Nothing outside this package sleeps, starts a timer or computes a deadline,
// so that all timing can be tested against the clock of testing/synctest and
// every wait has one place where it is explained.
package pace
