package tenants

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// answerLimit bounds the wait for a child's answer.
const answerLimit = 90 * time.Second

// process is a child as its parent sees it.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan answer // closed at the child's end
	ended bool
}

// keepDir is a folder that stays when the test fails, to look at.
func keepDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "lapak-crash-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the folders and the children's logs are left in %s", dir)
			return
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// launch starts a child and waits until its pool is open. Its log is appended to
// child.log beside the replica.
func launch(t testing.TB, o orders) *process {
	t.Helper()
	p := launchRaw(t, o)
	a, alive := p.next()
	if !alive || a.Err != "" {
		t.Fatalf("the child did not open its pool: %s", a.Err)
	}
	return p
}

// launchRaw is launch without the wait, for a child that is to die on its way.
func launchRaw(t testing.TB, o orders) *process {
	t.Helper()
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(o.Replica, "child.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p := &process{t: t, cmd: exec.Command(os.Args[0]), lines: make(chan answer, 1<<16)}
	p.cmd.Env = append(os.Environ(), childVar+"="+string(text))
	p.cmd.Stderr = log
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go p.listen(out)
	t.Cleanup(p.kill)
	return p
}

// listen ends with the child. A last line without its end was no answer.
func (p *process) listen(out io.Reader) {
	defer close(p.lines)
	for r := bufio.NewReader(out); ; {
		line, err := r.ReadBytes('\n')
		if err != nil {
			return
		}
		var a answer
		if err := json.Unmarshal(line, &a); err != nil {
			p.t.Errorf("a child said %q", line)
			return
		}
		p.lines <- a
	}
}

// next is the child's next line; false when it is dead.
func (p *process) next() (answer, bool) {
	p.t.Helper()
	select {
	case a, alive := <-p.lines:
		return a, alive
	case <-time.After(answerLimit):
		p.t.Fatalf("no answer within %v", answerLimit)
		return answer{}, false
	}
}

func (p *process) send(c call) {
	p.t.Helper()
	line, err := json.Marshal(c)
	if err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		p.t.Fatalf("%s: %v", c.Do, err)
	}
}

// ask sends a call and wants an answer without an error. The acknowledgements
// that come before it are left out.
func (p *process) ask(c call) answer {
	p.t.Helper()
	p.send(c)
	for {
		a, alive := p.next()
		if !alive || a.Err != "" {
			p.t.Fatalf("%s: alive: %t: %s", c.Do, alive, a.Err)
		}
		if a.Ack == nil {
			return a
		}
	}
}

// kill is kill -9. It returns when the process is gone.
func (p *process) kill() {
	if p.ended {
		return
	}
	p.ended = true
	_ = p.cmd.Process.Kill() // an error means that it has ended
	_ = p.in.Close()
	p.wait()
}

func (p *process) wait() {
	for range p.lines {
	}
	_ = p.cmd.Wait() // killed, or its error is in its log
}

// acks kills the child and returns what it had acknowledged until then.
func (p *process) acks() (all []change) {
	p.ended = true
	_ = p.cmd.Process.Kill()
	_ = p.in.Close()
	for a := range p.lines {
		switch {
		case a.Err != "":
			p.t.Errorf("a child failed before it was killed: %s", a.Err)
		case a.Ack != nil:
			all = append(all, *a.Ack)
		}
	}
	_ = p.cmd.Wait()
	return all
}

// dies waits for a child to kill itself.
func (p *process) dies() {
	p.t.Helper()
	for {
		a, alive := p.next()
		if a.Err != "" {
			p.t.Fatalf("the child failed instead of dying: %s", a.Err)
		}
		if !alive {
			break
		}
	}
	p.ended = true
	_ = p.in.Close()
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		p.t.Fatalf("the child did not kill itself: %v", err)
	}
}

// close ends a child as a server is stopped.
func (p *process) close() {
	p.t.Helper()
	p.ask(call{Do: "close"})
	p.ended = true
	_ = p.in.Close()
	p.wait()
}
