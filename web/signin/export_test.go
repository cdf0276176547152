package signin

// OwnPath is ownPath, for the fuzz test.
func OwnPath(raw string) string { return ownPath(raw) }
