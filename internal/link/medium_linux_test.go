package link

import "testing"

func TestMedium(t *testing.T) {
	for encap, want := range map[string]Medium{
		"ether": Ethernet, "loopback": Loopback, "none": Tunnel, "ppp": Tunnel, "gre": Tunnel, "sit": Tunnel, "ipip": Tunnel, "unknown519": Tunnel, "unknown823": Tunnel,
		"infiniband": Addressed, "can": Foreign, "ieee802.11/radiotap": Foreign, "netlink": Foreign, "unknown999": Foreign,
	} {
		if got := mediumOf(encap); got != want {
			t.Errorf("%s is %v, want %v", encap, got, want)
		}
	}
}
