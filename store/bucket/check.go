package bucket

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Check tries what Lapak needs of a bucket, on a key of its own below
// lapak-check/ that it removes again: write, read, keep the time, refuse a
// second conditional write, list, delete. The error names the step.
func Check(ctx context.Context, b Bucket) (err error) {
	c := check{b: b, key: "lapak-check/" + rand.Text(), time: time.Now().UTC().Add(-time.Hour).Round(0)}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if removeErr := b.Delete(ctx, c.key); removeErr != nil && err == nil {
			err = fmt.Errorf("check %s: clean up: %w", b, removeErr)
		}
	}()
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{
		{"write", c.write}, {"read", c.read}, {"read a part", c.readPart}, {"keep the time", c.stat},
		{"conditional write", c.writeAgain}, {"list", c.list}, {"delete", c.remove},
	} {
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("check %s: %s: %w", b, step.name, err)
		}
	}
	return nil
}

const checkText1, checkText2 = "written first", "written again"

type check struct {
	b    Bucket
	key  string
	time time.Time
}

func (c check) write(ctx context.Context) error {
	return c.put(ctx, checkText1)
}

func (c check) put(ctx context.Context, text string) error {
	_, err := c.b.Put(ctx, c.key, strings.NewReader(text), int64(len(text)), PutOptions{IfAbsent: true, ModTime: c.time})
	return err
}

func (c check) read(ctx context.Context) error { return c.expect(ctx, 0, 0, checkText1) }

func (c check) readPart(ctx context.Context) error { return c.expect(ctx, 3, 4, checkText1[3:7]) }

func (c check) expect(ctx context.Context, offset, length int64, want string) error {
	body, _, err := c.b.Get(ctx, c.key, offset, length)
	if err != nil {
		return err
	}
	got, err := io.ReadAll(io.LimitReader(body, 1<<10))
	if err = errors.Join(err, body.Close()); err != nil {
		return err
	}
	if string(got) != want {
		return fmt.Errorf("read %q instead of %q", got, want)
	}
	return nil
}

func (c check) stat(ctx context.Context) error {
	info, err := c.b.Stat(ctx, c.key)
	if err != nil {
		return err
	}
	if !info.ModTime.Equal(c.time) {
		return fmt.Errorf("the time given was %v, the time kept is %v", c.time, info.ModTime)
	}
	return nil
}

func (c check) writeAgain(ctx context.Context) error {
	err := c.put(ctx, checkText2)
	switch {
	case errors.Is(err, ErrExists):
		return c.expect(ctx, 0, 0, checkText1)
	case err == nil:
		return errors.New("this storage ignores If-None-Match, so two servers could overwrite each other's backups")
	}
	return err
}

func (c check) list(ctx context.Context) error {
	found := false
	err := c.b.List(ctx, c.key, "", func(i Info) error {
		found = found || i.Key == c.key && i.Size == int64(len(checkText1))
		return nil
	})
	if err == nil && !found {
		err = errors.New("the key just written is not listed")
	}
	return err
}

func (c check) remove(ctx context.Context) error {
	if err := c.b.Delete(ctx, c.key); err != nil {
		return err
	}
	if _, err := c.b.Stat(ctx, c.key); !errors.Is(err, ErrNotFound) {
		return fmt.Errorf("the key is still there (stat: %v)", err)
	}
	return nil
}
