// Package servicetest lets tests of version detection meet services that follow a script, over connections in memory, in virtual time, or over real ones.
package servicetest
