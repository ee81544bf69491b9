// Checks our checkpoints and proofs with Go's own implementation: golang.org/x/mod/sumdb/note and .../tlog.
// Reads one JSON document from stdin, prints one line per case: "<name> ok" or "<name> refused: <why>".
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type proofCase struct {
	Name                   string
	Kind                   string // note, record, tree
	Vkey, Note, Text       string
	Size, Index            int64
	Root, Leaf, Old        string
	Path                   []string
}

type document struct {
	Entries []string // 64 bytes each, base64: what RFC 6962 calls the data of a leaf
	Nodes   []string // our stored nodes
	Roots   []string // our root of each size from 0 on
	Cases   []proofCase
}

func decode(text string) []byte {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return data
}

func hash(text string) (h tlog.Hash) {
	copy(h[:], decode(text))
	return h
}

func hashes(texts []string) (out []tlog.Hash) {
	for _, t := range texts {
		out = append(out, hash(t))
	}
	return out
}

func check(c proofCase) error {
	switch c.Kind {
	case "note":
		verifier, err := note.NewVerifier(c.Vkey)
		if err != nil {
			return err
		}
		opened, err := note.Open([]byte(c.Note), note.VerifierList(verifier))
		if err != nil {
			return err
		}
		if opened.Text != c.Text {
			return fmt.Errorf("another text")
		}
		return nil
	case "record":
		return tlog.CheckRecord(hashes(c.Path), c.Size, hash(c.Root), c.Index, hash(c.Leaf))
	case "tree":
		return tlog.CheckTree(hashes(c.Path), c.Size, hash(c.Root), c.Index, hash(c.Old))
	}
	return fmt.Errorf("no such case")
}

func main() {
	var d document
	if err := json.NewDecoder(os.Stdin).Decode(&d); err != nil {
		panic(err)
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(at []int64) ([]tlog.Hash, error) {
		var out []tlog.Hash
		for _, i := range at {
			out = append(out, stored[i])
		}
		return out, nil
	})
	for i, entry := range d.Entries {
		more, err := tlog.StoredHashes(int64(i), decode(entry), reader)
		if err != nil {
			panic(err)
		}
		stored = append(stored, more...)
		root, err := tlog.TreeHash(int64(i+1), reader)
		if err != nil {
			panic(err)
		}
		if root != hash(d.Roots[i+1]) {
			fmt.Printf("root %d refused: another\n", i+1)
		}
	}
	same := len(stored) == len(d.Nodes)
	for i := 0; same && i < len(stored); i++ {
		same = stored[i] == hash(d.Nodes[i])
	}
	if same {
		fmt.Println("nodes ok")
	} else {
		fmt.Println("nodes refused: another tree")
	}
	for _, c := range d.Cases {
		if err := check(c); err != nil {
			fmt.Printf("%s refused: %v\n", c.Name, err)
		} else {
			fmt.Printf("%s ok\n", c.Name)
		}
	}
}
