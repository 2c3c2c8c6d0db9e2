"""Prints what python-nmap reads from an XML report: host, status, ports."""
import sys

import nmap

scanner = nmap.PortScanner()
with open(sys.argv[1]) as report:
    scanner.analyse_nmap_xml_scan(report.read())
for address in scanner.all_hosts():
    host = scanner[address]
    print(address, host.state(), ",".join(h["name"] for h in host["hostnames"]))
    for protocol in host.all_protocols():
        for number in sorted(host[protocol]):
            port = host[protocol][number]
            print(f"{number}/{protocol} {port['state']} {port['name']} {port['product']} {port['version']}".rstrip())
stats = scanner.scanstats()
print(stats["uphosts"], "of", stats["totalhosts"], stats["elapsed"])
