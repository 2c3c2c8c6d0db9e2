package result

// RPCBinding is a line in the list of a portmapper or rpcbind (RFC 1833): which
// address serves a version of an ONC RPC program.
type RPCBinding struct {
	Program uint32
	Name    string // of the program; empty if it has none
	Version uint32
	Network string // network identifier of RFC 5665, such as "tcp", "udp6", "local"
	Address string // universal address of RFC 5665, such as "0.0.0.0.8.1"; empty from a portmapper of version 2
	Port    uint16 // 0 if the network has no ports
	Owner   string // the user who registered it, as the server words it; empty if unknown
}
