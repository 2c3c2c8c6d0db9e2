#compdef sonde
# Completions of sonde for zsh: write this to a file _sonde in a directory of $fpath
if ((CURRENT == 2)) && [[ $words[2] != -* ]]; then
    compadd -- demo explain db man completion
fi
if [[ $words[2] == completion ]]; then
    compadd -- bash zsh fish
    return
fi
_arguments -s \
    '*-iL[read targets from FILE; - is standard input]:FILE:_files' \
    '*-iR[scan COUNT random public addresses; 0 is without end]:COUNT: ' \
    '*--exclude=[never touch these addresses, networks or names]:HOST(,HOST…): ' \
    '*--excludefile=[never touch what is listed in a file]:FILE:_files' \
    '*--unique[scan an address once, however often it is named]' \
    '*--resolve-all[scan every address of a name, not only the first]' \
    '*--randomize-hosts[scan the targets in random order]' \
    '*--rH[scan the targets in random order]' \
    '*-4[use IPv4 only]' \
    '*-6[use IPv6 only]' \
    '*-sL[list the targets and send them nothing]' \
    '*-sn[find hosts, scan no ports]' \
    '*-sP[find hosts, scan no ports]' \
    '*-Pn[take every target for up]' \
    '*-P0[take every target for up]' \
    '*-PN[take every target for up]' \
    '*-PD[take every target for up]' \
    '*-PS[find hosts by TCP connections to these ports (80)]' \
    '*-PA[as -PS; a bare TCP ACK needs raw packets]' \
    '*-PT[as -PS; a bare TCP ACK needs raw packets]' \
    '*-PE[ICMP echo; without raw packets TCP to port 80]' \
    '*-PI[ICMP echo; without raw packets TCP to port 80]' \
    '*-PP[ICMP timestamp; without raw packets as -PE]' \
    '*-PM[ICMP address mask; without raw packets as -PE]' \
    '*--discovery-ignore-rst[a reset does not prove that a host is up]' \
    '*-n[never ask reverse DNS]' \
    '*-R[ask reverse DNS for all targets, not only hosts up]' \
    '*--dns-servers=[ask these DNS servers (ADDR or ADDR\:PORT)]:ADDR(,ADDR…): ' \
    '*--system-dns[ask the operating system'\''s resolver]' \
    '*-sT[TCP by the system'\''s connect, the default]' \
    '*-sU[UDP]' \
    '*-sS[TCP SYN; needs raw packets]' \
    '*-sA[TCP ACK\: tells filtered ports from others; needs raw packets]' \
    '*-sW[TCP window\: -sA with a look at the window of the reset; needs raw packets]' \
    '*-sM[TCP FIN and ACK (Maimon); needs raw packets]' \
    '*-sN[TCP without flags; needs raw packets]' \
    '*-sF[TCP FIN; needs raw packets]' \
    '*-sX[TCP FIN, PSH and URG (Xmas); needs raw packets]' \
    '*--scanflags=[send these TCP flags\: SYNFIN, 0x12, NONE]:FLAGS: ' \
    '*-p[scan these ports\: -p22, -p-, -p U\:53,T\:21-25,http*]:PORTS: ' \
    '*--exclude-ports=[never scan these ports]:PORTS: ' \
    '*-F[scan the 100 most common ports instead of 1,000]' \
    '*--top-ports=[scan the COUNT most common ports]:COUNT: ' \
    '*--port-ratio=[scan ports that are open at least so often, 0 to 1]:RATIO: ' \
    '*-r[scan ports in ascending order]' \
    '*-sV[find out what runs on open ports]' \
    '*-sR[find out what runs on open ports]' \
    '*--version-intensity=[how rare a probe may be, from 0 to 9 (7)]:LEVEL:(0 1 2 3 4 5 6 7 8 9)' \
    '*--version-light[intensity 2]' \
    '*--version-all[intensity 9]' \
    '*--allports[also probe ports that the probe file excludes]' \
    '*--version-race=[questions at once at a port; 1 is Nmap'\''s way]:COUNT: ' \
    '*--version-trace[show the conversation of version detection]' \
    '*--versiondb=[use this file of probes instead of the embedded ones]:FILE:_files' \
    '*-T[how fast to go, from 0 to 5 (3)]:TEMPLATE:(paranoid sneaky polite normal aggressive insane)' \
    '*--timing=[how fast to go, from 0 to 5 (3)]:TEMPLATE:(paranoid sneaky polite normal aggressive insane)' \
    '*--min-rtt-timeout=[wait at least TIME for an answer]:TIME: ' \
    '*--max-rtt-timeout=[wait at most TIME for an answer]:TIME: ' \
    '*--initial-rtt-timeout=[wait TIME while nothing was measured]:TIME: ' \
    '*--max-retries=[repeat a probe at most COUNT times]:COUNT: ' \
    '*--host-timeout=[give a host up after TIME; 0 is never]:TIME: ' \
    '*--scan-delay=[pause TIME between probes to a host]:TIME: ' \
    '*--max-scan-delay=[let the pause grow to TIME at most]:TIME: ' \
    '*--min-rate=[send at least NUMBER probes a second]:NUMBER: ' \
    '*--max-rate=[send at most NUMBER probes a second]:NUMBER: ' \
    '*--min-parallelism=[at least COUNT probes at once]:COUNT: ' \
    '*--max-parallelism=[at most COUNT probes at once]:COUNT: ' \
    '*-M[at most COUNT probes at once]:COUNT: ' \
    '*--min-hostgroup=[scan at least COUNT hosts side by side]:COUNT: ' \
    '*--max-hostgroup=[scan at most COUNT hosts side by side]:COUNT: ' \
    '*--nogcc[no congestion control between hosts]' \
    '*--defeat-icmp-ratelimit[do not slow down for limited ICMP errors]' \
    '*-e[use this network interface]:DEVICE:_net_interfaces' \
    '*-S[use this source address, one of the machine'\''s own]:ADDR: ' \
    '*--privileged[believe that raw packets are allowed]' \
    '*--unprivileged[believe that raw packets are not allowed]' \
    '*-oN[write a report as text; - is standard output]:FILE:_files' \
    '*-oX[write XML]:FILE:_files' \
    '*-oG[write one line a host, for grep]:FILE:_files' \
    '*-oM[write one line a host, for grep]:FILE:_files' \
    '*-m[write one line a host, for grep]:FILE:_files' \
    '*-oJ[write JSON]:FILE:_files' \
    '*-oL[write JSON Lines, one event a line, as it happens]:FILE:_files' \
    '*-oA[write BASENAME.nmap, BASENAME.xml and BASENAME.gnmap]:BASENAME:_files' \
    '*--append-output[add to output files instead of replacing them]' \
    '*--extras[also print what Nmap has no place for]' \
    '*-v[say more; -vv or -v2 still more, -v0 nothing at all]' \
    '*--verbose[say more; -vv or -v2 still more, -v0 nothing at all]' \
    '*-d[say how it is done; -dd or -d2 more of it]' \
    '*--debug[say how it is done; -dd or -d2 more of it]' \
    '*--reason[show why a port or host is in its state]' \
    '*--open[show only ports that are or may be open]' \
    '*--packet-trace[show connection attempts, and the conversations of version detection]' \
    '*--stats-every=[show how far the scan is every TIME]:TIME: ' \
    '*--stylesheet=[name this stylesheet in XML]:URL: ' \
    '*--webxml[name the stylesheet on the web in XML]' \
    '*--no-stylesheet[name no stylesheet in XML]' \
    '*--iflist[print the machine'\''s interfaces and routes]' \
    '*-A[detect as much as there is\: at present -sV]' \
    '*--datadir=[use the data files of an installed Nmap in DIR]:DIR:_files -/' \
    '*--servicedb=[use this table of port names; implies -F]:FILE:_files' \
    '*--seed=[make the random orders of this run repeatable]:NUMBER: ' \
    '*-V[print the version]' \
    '*--version[print the version]' \
    '*-h[print this help]' \
    '*--help[print this help]' \
    '*:target:_hosts'
