package pace

import (
	"testing"
	"time"
)

func TestRTT(t *testing.T) {
	const us = time.Microsecond
	type state struct{ srtt, rttvar, timeout int64 }
	for _, c := range []struct {
		name    string
		tm      Timing
		samples []time.Duration
		want    state // µs
	}{
		{"first sample, short", Normal.Timing(), []time.Duration{95 * us}, state{95, 5000, 100_000}},
		{"first sample, long", Normal.Timing(), []time.Duration{3 * time.Second}, state{3_000_000, 2_000_000, 10_000_000}},
		{"second sample", Normal.Timing(), []time.Duration{100 * ms, 60 * ms}, state{95_000, 85_000, 435_000}},
		{"later sample is higher", Normal.Timing(), []time.Duration{100 * ms, 180 * ms}, state{110_000, 95_000, 490_000}},
		{"division truncates", Normal.Timing(), []time.Duration{100 * us, 107 * us, 93 * us}, state{100, 2816, 100_000}},
		{"clock stepped back a little", Normal.Timing(), []time.Duration{-20 * ms}, state{10_000, 10_000, 100_000}},
		{"clock stepped back far", Normal.Timing(), []time.Duration{-60 * ms}, state{0, 0, 0}},
		{"first sample of zero", Normal.Timing(), []time.Duration{0}, state{0, 5000, 100_000}},
		{"no round trip at all", Normal.Timing(), []time.Duration{10 * ms, 8 * time.Second}, state{10_000, 10_000, 100_000}},
		{"outlier", Normal.Timing(), []time.Duration{10 * ms, 1600 * ms}, state{10_000, 10_000, 100_000}},
		{"not quite an outlier", Normal.Timing(), []time.Duration{10 * ms, 1510 * ms}, state{197_500, 382_500, 1_727_500}},
		{"maximum", Aggressive.Timing(), []time.Duration{time.Second}, state{1_000_000, 1_000_000, 1_250_000}},
		{"minimum", Insane.Timing(), []time.Duration{ms}, state{1000, 5000, 50_000}},
		{"scan delay", Polite.Timing(), []time.Duration{ms}, state{1000, 5000, 400_000}},
		{"wild deviation is tamed", Normal.Timing(), []time.Duration{2 * time.Second, 7500 * ms}, state{2_687_500, 2_000_000, 10_000_000}},
	} {
		var r RTT
		for _, d := range c.samples {
			r.Observe(d, &c.tm)
		}
		if got := (state{r.srtt, r.rttvar, r.timeout}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if r.Sampled() != (c.want.timeout != 0) || r.Timeout() != time.Duration(c.want.timeout)*us ||
			r.SRTT() != time.Duration(c.want.srtt)*us || r.RTTVar() != time.Duration(c.want.rttvar)*us {
			t.Errorf("%s: accessors disagree: %v %v %v %v", c.name, r.Sampled(), r.SRTT(), r.RTTVar(), r.Timeout())
		}
	}
}
