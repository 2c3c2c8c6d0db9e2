package cli

type fm struct {
	letter    byte
	extension string
}

func basenameFormats() []fm { return []fm{{'N', ".nmap"}, {'X', ".xml"}, {'G', ".gnmap"}} }
