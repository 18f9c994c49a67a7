// Verifies a Tanji log with other people's code: golang.org/x/mod/sumdb, as in Debian's
// golang-golang-x-mod-dev. Only the second signature type and the paths of tiles are written here.
//
//	verify URL POLICY
package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func check(err error, doing string) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "interop: %s: %v\n", doing, err)
		os.Exit(1)
	}
}

// cosigner verifies cosignature/v1 lines: a time, and Ed25519 over it and the text.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	head := fmt.Sprintf("cosignature/v1\ntime %d\n", binary.BigEndian.Uint64(sig))
	return ed25519.Verify(c.key, append([]byte(head), text...), sig[8:])
}

func newCosigner(vkey string) (note.Verifier, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, fmt.Errorf("no vkey: %q", vkey)
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != 4 {
		return nil, fmt.Errorf("no cosigner: %q", vkey)
	}
	sum := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	return cosigner{parts[0], binary.BigEndian.Uint32(sum[:]), key[1:]}, nil
}

// verifiers are the keys of a policy: `log VKEY` and `witness NAME VKEY`.
func verifiers(policy string) (logs, cosigners []note.Verifier) {
	for _, line := range strings.Split(policy, "\n") {
		word := strings.Fields(line)
		if len(word) == 2 && word[0] == "log" {
			v, err := note.NewVerifier(word[1])
			check(err, line)
			logs = append(logs, v)
		}
		if len(word) >= 3 && word[0] == "witness" {
			v, err := newCosigner(word[2])
			check(err, line)
			cosigners = append(cosigners, v)
		}
	}
	return logs, cosigners
}

// files reads what the node serves below /log, each file once.
type files struct {
	url  string
	kept map[string][]byte
}

func (f *files) get(name string) ([]byte, error) {
	if data, ok := f.kept[name]; ok {
		return data, nil
	}
	reply, err := http.Get(f.url + "/log/" + name)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close()
	data, err := io.ReadAll(reply.Body)
	if err == nil && reply.StatusCode != 200 {
		err = fmt.Errorf("%s: %s", name, reply.Status)
	}
	f.kept[name] = data
	return data, err
}

// sumdb names a tile tile/HEIGHT/LEVEL/N and its records `data`.
func ourPath(tile tlog.Tile) string {
	path := strings.TrimPrefix(tile.Path(), "tile/8/")
	if tile.L == -1 {
		path = "entries/" + strings.TrimPrefix(path, "data/")
	}
	return "tile/" + path
}

func (f *files) Height() int                         { return 8 }
func (f *files) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (f *files) ReadTiles(t []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range t {
		data, err := f.get(ourPath(tile))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func (f *files) leaves(size int64) (all [][]byte, err error) {
	for n := int64(0); n*256 < size; n++ {
		tile := tlog.Tile{H: 8, L: -1, N: n, W: 256}
		if rest := size - n*256; rest < 256 {
			tile.W = int(rest)
		}
		data, err := f.get(ourPath(tile))
		if err != nil {
			return nil, err
		}
		for len(data) >= 2 {
			length := int(binary.BigEndian.Uint16(data))
			if len(data) < 2+length {
				return nil, fmt.Errorf("bundle %d ends inside an entry", n)
			}
			all, data = append(all, data[2:2+length]), data[2+length:]
		}
	}
	if int64(len(all)) != size {
		return nil, fmt.Errorf("%d leaves, the checkpoint says %d", len(all), size)
	}
	return all, nil
}

// prove checks every leaf and every earlier size against the tree.
func prove(f *files, tree tlog.Tree) (consistent int, err error) {
	leaves, err := f.leaves(tree.N)
	if err != nil {
		return 0, err
	}
	reader := tlog.TileHashReader(tree, f)
	for i, leaf := range leaves {
		proof, err := tlog.ProveRecord(tree.N, int64(i), reader)
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, int64(i), tlog.RecordHash(leaf))
		}
		if err != nil {
			return 0, fmt.Errorf("leaf %d: %v", i, err)
		}
	}
	for size := int64(1); size <= tree.N; size++ {
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return 0, fmt.Errorf("size %d: %v", size, err)
		}
		proof, err := tlog.ProveTree(tree.N, size, reader)
		if err == nil {
			err = tlog.CheckTree(proof, tree.N, tree.Hash, size, root)
		}
		if err != nil {
			return 0, fmt.Errorf("size %d: %v", size, err)
		}
		consistent++
	}
	return consistent, nil
}

func main() {
	policy, err := os.ReadFile(os.Args[2])
	check(err, "policy")
	logs, cosigners := verifiers(string(policy))
	f := &files{os.Args[1], map[string][]byte{}}
	message, err := f.get("checkpoint")
	check(err, "checkpoint")
	byLog, err := note.Open(message, note.VerifierList(logs...))
	check(err, "log signature")
	byCosigner, err := note.Open(message, note.VerifierList(cosigners...))
	check(err, "cosignature")
	lines := strings.Split(byLog.Text, "\n")
	var tree tlog.Tree
	_, err = fmt.Sscanf(lines[1], "%d", &tree.N)
	check(err, "size")
	root, err := base64.StdEncoding.DecodeString(lines[2])
	check(err, "root")
	copy(tree.Hash[:], root)

	sizes, err := prove(f, tree)
	check(err, "proof")
	fmt.Printf("interop: %d leaves included, %d sizes consistent, %d log and %d cosignature lines\n",
		tree.N, sizes, len(byLog.Sigs), len(byCosigner.Sigs))

	// One flipped bit anywhere must end all this.
	for name := range f.kept {
		changed := &files{f.url, map[string][]byte{}}
		for other, data := range f.kept {
			changed.kept[other] = append([]byte(nil), data...)
		}
		changed.kept[name][len(changed.kept[name])/3] ^= 1
		if name == "checkpoint" {
			_, err = note.Open(changed.kept[name], note.VerifierList(logs...))
		} else {
			_, err = prove(changed, tree)
		}
		if err == nil {
			check(fmt.Errorf("a flipped bit in %s was not noticed", name), "tampering")
		}
	}
	fmt.Printf("interop: a flipped bit in each of %d files was noticed\n", len(f.kept))
}
