//go:build !race

package regex

// underRace tells that the race detector slows everything down.
const underRace = false
