package bucket

import (
	"errors"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestStallConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		defer far.Close()
		conn := &stallConn{near}
		began := time.Now()
		result := make(chan error)
		go func() {
			_, err := conn.Read(make([]byte, 1))
			result <- err
		}()

		// What is written counts for the read that waits meanwhile.
		time.Sleep(stall - time.Second)
		go func() { _, _ = far.Read(make([]byte, 1)) }()
		if _, err := conn.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		err := <-result
		if waited := time.Since(began); !errors.Is(err, os.ErrDeadlineExceeded) || waited != 2*stall-time.Second {
			t.Errorf("the read ended after %v with %v", waited, err)
		}
		if _, err := conn.Write([]byte("x")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a write that nobody takes ended with %v", err)
		}
	})
}
