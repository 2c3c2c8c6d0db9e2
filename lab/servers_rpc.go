package lab

// afterRpcbind waits until rpcbind can be registered with: it is another
// server of the lab, and these end if it is not there.
const afterRpcbind = "until rpcinfo -T udp 127.0.0.1 100000 >/dev/null 2>&1; do sleep 0.2; done\n"

// rpcServers answer ONC RPC calls at ports of their own, which rpcbind tells of.
func rpcServers() []Server {
	both := func(port int, service, version string) []Port {
		t, u := tcp(port, service, "", ""), udp(port, service, "", "")
		t.Version, u.Version = version, version
		return []Port{t, u}
	}
	return []Server{
		{
			Name: "statd", Packages: []string{"nfs-common", "rpcbind"},
			Setup: "mkdir -p sm sm.bak; chown -R statd: .",
			Run:   afterRpcbind + "rpc.statd -F -L -p 31662 -o 31663 -P $DIR",
			Ports: both(31662, "status", "1"),
		},
		{
			Name: "mountd", Packages: []string{"nfs-kernel-server", "rpcbind"},
			Run:   afterRpcbind + "rpc.mountd -F -p 31668",
			Ports: both(31668, "mountd", "1-3"),
		},
		{
			Name: "rquotad", Packages: []string{"quota", "rpcbind"},
			Run:   afterRpcbind + "rpc.rquotad -F -p 31665",
			Ports: both(31665, "rquotad", "1-2"),
		},
		{
			Name: "ypserv", Packages: []string{"ypserv", "rpcbind"},
			// It takes a pid file that was left behind for one of a process of its own namespace.
			Setup: "rm -f /run/ypserv.pid",
			Run:   afterRpcbind + "ypserv -f -p 31664",
			Ports: both(31664, "ypserv", "1-2"),
		},
	}
}
