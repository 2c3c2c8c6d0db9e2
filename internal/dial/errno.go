package dial

import (
	"strings"
	"syscall"
)

// errnoFault reads a system's error number. A socket is UDP or not: Windows
// reports "port unreachable" for a UDP socket as a reset connection.
func errnoFault(system, arch string, udp bool, no syscall.Errno) Fault {
	f, ok := errnos(system, arch)[no]
	switch {
	case !ok:
		return Other
	case udp && system == "windows" && f == Reset:
		return Refused
	case udp && system == "windows" && f == NetReset:
		return TimedOut // the time to live of our datagram ran out
	}
	return f
}

// errnos is the table of a system. Linux on MIPS counts as its System V ancestors did.
func errnos(system, arch string) map[syscall.Errno]Fault {
	switch system {
	case "windows":
		return windowsErrnos
	case "linux", "android":
		if strings.HasPrefix(arch, "mips") {
			return svrErrnos
		}
		return linuxErrnos
	case "solaris", "illumos":
		return svrErrnos
	}
	return bsdErrnos
}

var linuxErrnos = map[syscall.Errno]Fault{
	1: Denied, 13: Prohibited, 23: TooManyFiles, 24: TooManyFiles, 32: BrokenPipe,
	64: NoNet, 92: ProtocolUnreachable, 99: NoAddress, 100: NetDown, 101: NetUnreachable, 102: NetReset,
	103: Aborted, 104: Reset, 105: NoBuffers, 110: TimedOut, 111: Refused, 112: HostDown, 113: HostUnreachable,
}

// bsdErrnos holds for macOS, FreeBSD, OpenBSD, NetBSD and DragonFly.
var bsdErrnos = map[syscall.Errno]Fault{
	1: Denied, 13: Prohibited, 23: TooManyFiles, 24: TooManyFiles, 32: BrokenPipe,
	42: ProtocolUnreachable, 49: NoAddress, 50: NetDown, 51: NetUnreachable, 52: NetReset,
	53: Aborted, 54: Reset, 55: NoBuffers, 60: TimedOut, 61: Refused, 64: HostDown, 65: HostUnreachable,
}

// svrErrnos holds for Solaris, illumos and Linux on MIPS.
var svrErrnos = map[syscall.Errno]Fault{
	1: Denied, 13: Prohibited, 23: TooManyFiles, 24: TooManyFiles, 32: BrokenPipe,
	64: NoNet, 99: ProtocolUnreachable, 126: NoAddress, 127: NetDown, 128: NetUnreachable, 129: NetReset,
	130: Aborted, 131: Reset, 132: NoBuffers, 145: TimedOut, 146: Refused, 147: HostDown, 148: HostUnreachable,
}

// windowsErrnos holds the numbers of Winsock and those that overlapped calls
// report instead.
var windowsErrnos = map[syscall.Errno]Fault{
	10013: Prohibited, 10024: TooManyFiles, 10032: BrokenPipe,
	10042: ProtocolUnreachable, 10049: NoAddress, 10050: NetDown, 10051: NetUnreachable, 10052: NetReset,
	10053: Aborted, 10054: Reset, 10055: NoBuffers, 10058: BrokenPipe, 10060: TimedOut, 10061: Refused,
	10064: HostDown, 10065: HostUnreachable,

	4: TooManyFiles, 5: Prohibited, 64: Reset, 109: BrokenPipe, 121: TimedOut, 232: BrokenPipe, 233: BrokenPipe,
	995: Canceled, 1225: Refused, 1231: NetUnreachable, 1232: HostUnreachable, 1233: ProtocolUnreachable,
	1234: Refused, 1236: Aborted,
}
