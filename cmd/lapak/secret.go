package main

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secretLength is the secret key's in bytes; the file has it in hexadecimal.
const secretLength = 32

// secretKey reads the key at path, first making it if there is no file.
func secretKey(path string) (key []byte, made bool, err error) {
	key, err = readSecret(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = makeSecret(path); err == nil {
			made = true
			key, err = readSecret(path)
		}
	}
	if err != nil {
		return nil, false, fmt.Errorf("secret key: %w", err)
	}
	return key, made, nil
}

func readSecret(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s may be read by others (mode %04o): chmod 600 it", path, info.Mode().Perm())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(key) != secretLength {
		return nil, fmt.Errorf("%s does not hold a key: it must be %d hexadecimal digits", path, 2*secretLength)
	}
	return key, nil
}

func makeSecret(path string) error {
	var key [secretLength]byte
	_, _ = rand.Read(key[:]) // never fails: it ends the program instead
	return writeNew(path, func(f *os.File) error {
		_, err := f.WriteString(hex.EncodeToString(key[:]) + "\n")
		return err
	})
}

// writeNew makes a file, only for its owner, whole and durable or not at all. A
// file that is there stays: fs.ErrExist.
func writeNew(path string, write func(*os.File) error) (err error) {
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.part")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	err = write(f)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	// A link refuses what a rename would overwrite.
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", path, fs.ErrExist)
		}
		if err := os.Rename(f.Name(), path); err != nil { // no links on this file system
			return err
		}
	}
	return syncDir(dir)
}

// writeOutput is writeNew of a file that the user named, with a sentence where it
// is there.
func writeOutput(path string, write func(*os.File) error) error {
	err := writeNew(path, write)
	if errors.Is(err, fs.ErrExist) {
		return errThere(path)
	}
	return err
}

// checkOutput refuses a file that is there before any work is done for it.
func checkOutput(path string) error {
	if _, err := os.Lstat(path); err == nil {
		return errThere(path)
	}
	return nil
}

func errThere(path string) error {
	return fmt.Errorf("%s is there already; it is not overwritten", path)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
