package dial

// fileLimit is how many sockets are wise to have. Windows has no limit of its
// own; its default range of source ports is 16,384 wide.
func fileLimit() int { return 16_000 }
