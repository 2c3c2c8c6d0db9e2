package report

import (
	"math"
	"time"

	"sonde/result"
)

func toolOf(o *Options) jsonTool {
	args := o.Args
	if args == nil {
		args = []string{}
	}
	return jsonTool{"sonde", formatVersion, "sonde", o.Version, args, instant(o.StartTime)}
}

func scansOf(scans []result.ScanInfo) []jsonScan {
	list := make([]jsonScan, 0, len(scans))
	for _, s := range scans {
		list = append(list, jsonScan{s.Type, s.Flags, s.Protocol.String(), s.NumPorts, s.Ports})
	}
	return list
}

func hostOf(h *result.Host) jsonHost {
	j := jsonHost{
		Address: h.Addr.String(), Name: h.Name, PTR: h.PTR, Other: h.Other,
		State: h.State.String(), Reason: h.Reason.String(), TTL: h.ReasonTTL, MAC: h.MAC, Vendor: h.Vendor,
		Start: instant(h.Start), End: instant(h.End), TimedOut: h.TimedOut,
		Scripts: jsonScripts(h.Scripts),
	}
	var others notShown
	for i := range h.Ports {
		if p := &h.Ports[i]; remarkable(p) {
			j.Ports = append(j.Ports, portOf(p))
		} else {
			others.add(p)
		}
	}
	for i := range others.items {
		j.Others = append(j.Others, otherPortsOf(&others.items[i], h.Ports))
	}
	if t := h.Times; t != nil {
		j.Times = &jsonTimes{jsonSeconds(t.SRTT), jsonSeconds(t.RTTVar), jsonSeconds(t.Timeout)}
	}
	return j
}

// remarkable tells whether a port gets an entry of its own. The rest, often
// tens of thousands alike, differ in their number only.
func remarkable(p *result.Port) bool {
	return p.State == result.Open || len(p.Scripts) > 0 || p.ReasonFrom.IsValid() ||
		p.Service != nil && p.Service.Method != result.MethodTable
}

func otherPortsOf(it *notShownItem, ports []result.Port) jsonOtherPorts {
	plain := make([]result.Port, 0, it.count)
	for i := range ports {
		if it.holds(&ports[i]) && !remarkable(&ports[i]) {
			plain = append(plain, ports[i])
		}
	}
	return jsonOtherPorts{it.protocol.String(), it.state.String(), it.reason.String(), it.count, string(it.appendPorts(nil, plain))}
}

func portOf(p *result.Port) jsonPort {
	j := jsonPort{
		Protocol: p.Protocol.String(), Port: p.Number, State: p.State.String(), Reason: p.Reason.String(), TTL: p.ReasonTTL,
		Scripts: jsonScripts(p.Scripts),
	}
	if p.ReasonFrom.IsValid() {
		j.From = p.ReasonFrom.String()
	}
	if p.Service != nil {
		s := serviceOf(p.Service)
		j.Service = &s
	}
	return j
}

func serviceOf(s *result.Service) jsonService {
	j := jsonService{
		Name: s.Name, Product: s.Product, Version: s.Version, Info: s.Info, Hostname: s.Hostname, OS: s.OSType, Device: s.DeviceType,
		CPE: s.CPE, Method: s.Method.String(), Confidence: s.Confidence, Soft: s.Soft, Tunnel: s.Tunnel.String(), Fingerprint: s.Fingerprint,
	}
	if t := s.TLS; t != nil {
		j.TLS = &jsonTLS{Version: t.Version, Cipher: t.CipherSuite, ALPN: t.ALPN, ServerName: t.ServerName}
		if c := t.Certificate; c != nil {
			j.TLS.Certificate = &jsonCertificate{
				Subject: c.Subject, Issuer: c.Issuer, Names: c.SubjectAltNames, NotBefore: instant(c.NotBefore), NotAfter: instant(c.NotAfter),
				PublicKey: c.PublicKey, Signature: c.SignatureAlg, Serial: c.SerialNumber, SHA256: c.SHA256Fingerprint,
			}
		}
	}
	for _, b := range s.RPC {
		j.RPC = append(j.RPC, jsonRPC(b))
	}
	if e := s.Evidence; e != nil {
		j.Evidence = &jsonEvidence{e.Probe, e.Table, e.Signature, jsonSeconds(e.Elapsed)}
	}
	return j
}

func jsonScripts(scripts []result.ScriptOutput) []jsonScript {
	var list []jsonScript
	for _, s := range scripts {
		list = append(list, jsonScript{s.ID, s.Text, jsonItems(s.Data)})
	}
	return list
}

func jsonItems(items []result.ScriptItem) []jsonItem {
	list := make([]jsonItem, 0, len(items))
	for i := range items {
		j := jsonItem{Key: items[i].Key}
		if items[i].Table {
			members := jsonItems(items[i].Items)
			j.Items = &members
		} else {
			j.Text = &items[i].Text
		}
		list = append(list, j)
	}
	return list
}

func noticeOf(ev result.Notice) jsonNotice {
	levels := [...]string{result.LevelWarning: "warning", result.LevelInfo: "info", result.LevelDebug: "debug", result.LevelTrace: "trace"}
	level := "invalid"
	if int(ev.Level) < len(levels) {
		level = levels[ev.Level]
	}
	return jsonNotice{instant(ev.Time), level, ev.Topic, ev.Text}
}

func endOf(ev result.ScanDone) jsonEnd {
	j := jsonEnd{Elapsed: jsonSeconds(ev.Elapsed), Counts: countsOf(ev.Hosts), Exit: "success", Error: ev.Err}
	if ev.Err != "" {
		j.Exit = "error"
	}
	if r := ev.Raw; r != nil {
		j.Raw = &jsonTraffic{r.Sent, r.SentBytes, r.Received, r.ReceivedBytes}
	}
	return j
}

// appendNanos adds a duration in seconds, exactly and without zeros at the end.
func appendNanos(b []byte, d time.Duration) []byte {
	if d < 0 {
		b, d = append(b, '-'), -max(d, math.MinInt64+1)
	}
	b = appendInt(b, int64(d/time.Second))
	rest := int64(d % time.Second)
	if rest == 0 {
		return b
	}
	b = append(b, '.')
	for unit := int64(time.Second / 10); rest > 0; unit /= 10 {
		b = append(b, byte('0'+rest/unit))
		rest %= unit
	}
	return b
}
