package unit

// Credentials is what systemd.exec(5) says about credentials.
type Credentials struct {
	LoadCredential          []string
	LoadCredentialEncrypted []string
	ImportCredential        []string // 254
	SetCredential           []string
	SetCredentialEncrypted  []string
}

func credentialRows() []row[Exec] {
	return []row[Exec]{
		list("LoadCredential", func(e *Exec) *[]string { return &e.LoadCredential }, loadCredential, "key:/etc/key",
			"Hands the content of a file or of a socket to the commands as a credential.", notEnforced(noCredentials), property("")),
		list("LoadCredentialEncrypted", func(e *Exec) *[]string { return &e.LoadCredentialEncrypted }, loadCredential, "key:/etc/key",
			"Decrypts a file and hands it to the commands as a credential.", notEnforced(noCredentials), property("")),
		list("ImportCredential", func(e *Exec) *[]string { return &e.ImportCredential }, text1, "key.*",
			"Hands all system credentials that match a pattern to the commands.", notEnforced(noCredentials), property(""), since(254)),
		list("SetCredential", func(e *Exec) *[]string { return &e.SetCredential }, setCredential, "key:value",
			"Hands a literal value to the commands as a credential.", notEnforced(noCredentials), property("")),
		list("SetCredentialEncrypted", func(e *Exec) *[]string { return &e.SetCredentialEncrypted }, setCredential, "key:aGVsbG8=",
			"Decrypts a literal value and hands it to the commands as a credential.", notEnforced(noCredentials), property("")),
	}
}
