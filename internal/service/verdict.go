package service

import "sonde/result"

// wrappedName is the name of a service that closes connections without a word.
const wrappedName = "tcpwrapped"

// printIntensity is the intensity from which on the answers of a service that
// is half known are worth reporting.
const printIntensity = 7

// outcome words the verdict.
func (d *detection) outcome(v verdict) Outcome {
	if d.wrappable {
		v = wrapped
	}
	s := d.known.service()
	s.Tunnel = d.tunnel
	s.TLS = d.tlsInfo
	switch v {
	case hard, soft:
		s.Method, s.Confidence, s.Soft = result.MethodProbed, result.ConfidenceMatched, v == soft
		s.Evidence = d.known.evidence
	case wrapped:
		s.Method, s.Confidence = result.MethodProbed, result.ConfidenceWrapped
		if s.Name == "" {
			s.Name = wrappedName
		}
	default:
		s.Method, s.Confidence = result.MethodTable, result.ConfidenceTable
		if s.Name == "" {
			s.Name = d.target.TableName
		}
	}
	if v == noMatch || v != hard && d.config.Intensity >= printIntensity {
		s.Fingerprint = d.print.text()
	}
	return Outcome{Target: d.target, Service: s}
}

// untouched is the outcome for a target that is not probed.
func untouched(t Target) Outcome {
	return Outcome{Target: t, Service: result.Service{
		Name: t.TableName, Method: result.MethodTable, Confidence: result.ConfidenceTable}}
}

// service gives the findings in the form of a report.
func (f *findings) service() result.Service {
	s := result.Service{
		Name:       f.name,
		Product:    clean(f.product, 80),
		Version:    clean(f.version, 80),
		Info:       clean(f.info, 256),
		Hostname:   clean(f.hostname, 80),
		OSType:     clean(f.os, 32),
		DeviceType: clean(f.device, 32),
		RPC:        f.rpc,
	}
	for _, c := range f.cpe {
		if c != "" {
			s.CPE = append(s.CPE, clean(c, 80))
		}
	}
	return s
}

// clean cuts a text to what reports hold and replaces every byte that is not
// printable ASCII by a dot.
func clean(s string, limit int) string {
	b := []byte(s[:min(len(s), limit)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '.'
		}
	}
	return string(b)
}
