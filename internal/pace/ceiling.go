package pace

// Ceiling is how often a silent probe of a host is retransmitted: once more
// than was ever useful there, so that a path without loss costs one
// retransmission, and a lossy one as many as it needs.
type Ceiling struct {
	limit  int // --max-retries
	useful int // highest try that brought an answer
}

// NewCeiling starts at one retransmission, within limit.
func NewCeiling(limit int) Ceiling { return Ceiling{limit: limit} }

// Max is the highest try number allowed at present; 0 is the first transmission.
func (c *Ceiling) Max() int { return min(c.wanted(), c.limit) }

// Capped tells whether only the limit keeps the ceiling from being higher.
func (c *Ceiling) Capped() bool { return c.wanted() > c.limit }

// Useful is the highest try that brought an answer.
func (c *Ceiling) Useful() int { return c.useful }

// Answered counts an answer to a transmission with the given try number. It
// tells whether that is the highest so far.
func (c *Ceiling) Answered(try int) bool {
	if try <= c.useful {
		return false
	}
	c.useful = try
	return true
}

func (c *Ceiling) wanted() int { return max(1, c.useful+1) }
