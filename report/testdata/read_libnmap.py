"""Prints what python-libnmap reads from an XML report: host, status, ports."""
import sys

from libnmap.parser import NmapParser

report = NmapParser.parse_fromfile(sys.argv[1])
for host in report.hosts:
    print(host.address, host.status, ",".join(host.hostnames))
    for number, protocol in sorted(host.get_ports()):
        service = host.get_service(number, protocol)
        print(f"{number}/{protocol} {service.state} {service.service} {service.banner}".rstrip())
print(report.hosts_up, "of", report.hosts_total, report.elapsed, report.summary)
