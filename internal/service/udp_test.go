package service

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	st "sonde/internal/service/servicetest"
	"sonde/result"
)

const udpProbes = `
Probe TCP NULL q||
Probe UDP Ask q|ask|
rarity 1
ports 5000
match answer m|^ANSWER (\S+)| p/Answerer/ v/$1/
softmatch half m|^HALF|
match dtls m|^\x16\xfe|
Probe UDP Again q|again|
rarity 1
match half m|^HALF again| v/2/
`

func TestUDP(t *testing.T) {
	replies := func(list ...string) st.Datagrams {
		return func([]byte) (out [][]byte) {
			for _, r := range list {
				out = append(out, []byte(r))
			}
			return out
		}
	}
	tests := []struct {
		name   string
		port   uint16
		serve  st.Datagrams
		config func(*Config)
		early  []string
		want   string
		sent   string
		took   time.Duration
	}{
		{name: "answers", serve: replies("ANSWER 7"), want: "answer probed 10 p=Answerer v=7 open udp-response", sent: "Ask"},
		{name: "answers in two datagrams", serve: replies("ANSWER", " 7"), want: "answer probed 10 p=Answerer v=7 open udp-response", sent: "Ask"},
		{name: "silent: each probe is sent once, the state stays", serve: replies(), want: "domain table 3 open|filtered no-response", sent: "Ask Again", took: 10 * time.Second},
		{name: "unreachable: wrapped", want: "tcpwrapped probed 8 open|filtered no-response", sent: "Ask Again", took: time.Nanosecond},
		{name: "empty datagram is like an end of file", serve: replies(""), want: "tcpwrapped probed 8 open|filtered no-response", sent: "Ask Again", took: time.Nanosecond},
		{name: "no eligible probe: wrapped", port: 6000, serve: replies("x"), config: intensity(0), want: "tcpwrapped probed 8 open|filtered no-response"},
		{name: "unknown answer", serve: replies("huh"), want: "domain table 3 fp open udp-response", sent: "Ask Again", took: 10 * time.Second},
		{name: "DTLS is told, not entered", serve: replies("\x16\xfe\xff"), want: "dtls probed 10 open udp-response", sent: "Ask"},
		{name: "early reply", serve: replies(), config: early, early: []string{"ANSWER 8"}, want: "answer probed 10 p=Answerer v=8 open|filtered no-response"},
		{name: "early replies are off by default", serve: replies("ANSWER 7"), early: []string{"ANSWER 8"}, want: "answer probed 10 p=Answerer v=7 open udp-response", sent: "Ask"},
		{name: "early soft reply steers", serve: func(b []byte) [][]byte {
			if string(b) == "again" {
				return replies("HALF again")(b)
			}
			return nil
		}, config: early, early: []string{"what", "HALF"}, want: "half probed 10 v=2 open udp-response", sent: "Ask Again", took: 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := st.NewNet(t)
				if tt.serve != nil {
					n.ListenUDP(5000, tt.serve)
					n.ListenUDP(6000, tt.serve)
				}
				cfg := Config{DB: database(t, udpProbes), Conform: true, Intensity: DefaultIntensity, Dialer: n, Trace: true}
				if tt.config != nil {
					tt.config(&cfg)
				}
				target := Target{Addr: netip.MustParseAddr("192.0.2.1"), Protocol: result.UDP, Port: 5000, State: result.OpenFiltered,
					Reason: result.ReasonNoResponse, TableName: "domain"}
				if tt.port != 0 {
					target.Port = tt.port
				}
				for _, e := range tt.early {
					target.EarlyReplies = append(target.EarlyReplies, []byte(e))
				}
				start := time.Now()
				out, said := run(t, cfg, target)
				if got := summary(out[0]); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if got := sentProbes(said); got != tt.sent {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
				if took := time.Since(start); tt.took != 0 && took.Truncate(time.Millisecond) != tt.took.Truncate(time.Millisecond) {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func early(c *Config) { c.EarlyReplies = true }
