package sonde

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"sonde/internal/data"
	"sonde/internal/datafile"
	"sonde/match"
	"sonde/portspec"
	"sonde/probefile"
)

// Names of the files of an installed Nmap, which a user can point at.
const (
	servicesFile = "nmap-services"
	probesFile   = "nmap-service-probes"
	payloadsFile = "nmap-payloads"
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
