package sonde

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sonde/internal/data"
	"sonde/internal/datafile"
	"sonde/internal/flow"
	"sonde/match"
	"sonde/portspec"
	"sonde/probefile"
)

// Names of the files of an installed Nmap, which a user can point at.
const (
	servicesFile = "nmap-services"
	probesFile   = "nmap-service-probes"
	payloadsFile = "nmap-payloads"
	programsFile = "nmap-rpc"
	systemFile   = "rpc" // of a system's /etc
)

// loadServices reads the table of port names: the file that was named, the one
// in the data folder, or the embedded one.
func loadServices(opt Options) (*portspec.Table, error) {
	name, err := dataFile(opt.ServicesFile, opt.DataDir, servicesFile)
	if err != nil {
		return nil, err
	}
	if name == "" {
		b, err := fs.ReadFile(data.Tables(), "services")
		if err != nil {
			return nil, err
		}
		return datafile.ReadServices("services", bytes.NewReader(b))
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return datafile.ReadServices(name, f)
}

// loadProbes reads the probe database likewise.
func loadProbes(opt Options) (*match.DB, error) {
	name, err := dataFile(opt.ProbesFile, opt.DataDir, probesFile)
	if err != nil {
		return nil, err
	}
	if name == "" {
		file, err := probefile.ParseNative(data.Probes())
		if err != nil {
			return nil, err
		}
		return match.New(file)
	}
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	file, err := probefile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	return match.New(file)
}

// programIntensity is the intensity from which on programs are looked for.
const programIntensity = 7

// setPrograms loads the ONC RPC programs that version detection looks for,
// unless it is to be light, or to do what Nmap's own engine does without its
// scripts.
func (s *Scanner) setPrograms() error {
	v := &s.opt.Version
	if !v.Enabled || v.Race == 1 || v.Intensity != nil && *v.Intensity < programIntensity {
		return nil
	}
	programs, err := loadPrograms(s.opt)
	if err != nil {
		return err
	}
	ranges, err := readTable("rpc-ranges", datafile.ReadRPCRanges)
	if err != nil {
		return err
	}
	for _, p := range programs {
		s.programs = append(s.programs, flow.Program{Number: p.Number, Name: p.Name})
	}
	for _, r := range ranges {
		s.programRanges = append(s.programRanges, flow.ProgramRange{First: r.First, Last: r.Last})
	}
	return nil
}

// loadPrograms reads the table of RPC programs: the one in the data folder,
// Nmap's or a system's, or the embedded one.
func loadPrograms(opt Options) ([]datafile.Program, error) {
	for _, base := range []string{programsFile, systemFile} {
		name, err := dataFile("", opt.DataDir, base)
		if err != nil {
			return nil, err
		}
		if name == "" {
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return datafile.ReadRPC(name, f)
	}
	return readTable("rpc", datafile.ReadRPC)
}

// readTable reads an embedded table.
func readTable[T any](name string, read func(string, io.Reader) (T, error)) (T, error) {
	b, err := fs.ReadFile(data.Tables(), name)
	if err != nil {
		var none T
		return none, err
	}
	return read(name, bytes.NewReader(b))
}

// loadPayloads reads the payloads of UDP probes from the data folder. Nil
// means that the folder has none, and those of the probe database are used.
func loadPayloads(opt Options) (map[uint16][][]byte, error) {
	if opt.DataDir == "" {
		return nil, nil
	}
	name := filepath.Join(opt.DataDir, payloadsFile)
	f, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return datafile.ReadPayloads(name, f)
}

// dataFile finds a file that the user named, or that lies in the data folder.
// It is empty if neither is the case, and the embedded data serve.
func dataFile(named, dir, base string) (string, error) {
	if named != "" || dir == "" {
		return named, nil
	}
	if st, err := os.Stat(dir); err != nil {
		return "", err
	} else if !st.IsDir() {
		return "", fmt.Errorf("%s: not a folder of data files", dir)
	}
	name := filepath.Join(dir, base)
	if _, err := os.Stat(name); err != nil {
		return "", nil
	}
	return name, nil
}

// missingFiles warns of a data folder without the files that it was named for.
func missingFiles(opt Options) (warnings []string) {
	if opt.DataDir == "" {
		return nil
	}
	for _, f := range []struct{ base, named, instead string }{
		{servicesFile, opt.ServicesFile, "our own port names"},
		{probesFile, opt.ProbesFile, "our own signatures"},
	} {
		if name, err := dataFile(f.named, opt.DataDir, f.base); err == nil && name == "" {
			warnings = append(warnings, fmt.Sprintf("%s holds no %s; %s are used", opt.DataDir, f.base, f.instead))
		}
	}
	return warnings
}
