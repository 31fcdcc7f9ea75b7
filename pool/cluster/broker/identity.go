package broker

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// addressFile is the file in Dir that has the server's identity; newAddressFile is one
// that is being written.
const (
	addressFile    = "address"
	newAddressFile = "address.new"
)

// user is the one whom the server knows. The password alone is secret.
const user = "trawl"

// identity is what workers know a server by. It survives the server.
type identity struct {
	Address     string `json:"address"` // as workers have been told it
	Port        int    `json:"port"`
	Password    string `json:"password"`
	Certificate string `json:"certificate,omitempty"` // PEM; "" as long as the server has been on loopback only
	Key         string `json:"key,omitempty"`
}

// readIdentity returns what is in dir, or a new identity; before reports whether there was a
// server, even if what it has left cannot be read.
func readIdentity(dir string) (id identity, before bool, err error) {
	path := filepath.Join(dir, addressFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return newIdentity(), false, nil
	}
	if err == nil && json.Unmarshal(text, &id) == nil && id.usable() {
		return id, true, nil
	}
	return newIdentity(), true, os.RemoveAll(path)
}

func newIdentity() identity { return identity{Password: rand.Text()} }

func (id *identity) usable() bool {
	if id.Password == "" || id.Port <= 0 || id.Port > 65535 {
		return false
	}
	if id.Certificate == "" {
		return true
	}
	_, err := id.pair()
	return err == nil
}

func (id *identity) pair() (tls.Certificate, error) {
	return tls.X509KeyPair([]byte(id.Certificate), []byte(id.Key))
}

// certify makes a certificate that vouches for itself.
func (id *identity) certify(at place) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()),
		Subject:      pkix.Name{CommonName: "trawl"},
		NotBefore:    now.Add(-24 * time.Hour), // clocks differ
		NotAfter:     now.AddDate(10, 0, 0),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if ip := net.ParseIP(at.reach); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{at.reach}
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	id.Certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}))
	id.Key = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	return nil
}

// move says where the server listens now.
func (id *identity) move(at place, port int) {
	id.Port = port
	u := url.URL{Scheme: "nats", User: url.UserPassword(user, id.Password), Host: net.JoinHostPort(at.reach, strconv.Itoa(port))}
	if at.secure {
		u.Scheme = "tls"
		block, _ := pem.Decode([]byte(id.Certificate))
		pin := sha256.Sum256(block.Bytes)
		u.Fragment = "sha256=" + hex.EncodeToString(pin[:])
	}
	id.Address = u.String()
}

// write replaces the file as a whole.
func (id *identity) write(dir string) error {
	text, err := json.MarshalIndent(id, "", "\t")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, newAddressFile)
	if err := os.RemoveAll(path); err != nil { // with a mode of its own
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(path, filepath.Join(dir, addressFile))
}
