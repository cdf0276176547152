package webhooks

import (
	"encoding/json"
	"strings"
	"time"
	"unicode"

	"lapak/store"
)

func readProduct(body []byte) (p store.Product, err error) {
	type image struct {
		Src string `json:"src"`
	}
	var in struct {
		ID        number    `json:"id"`
		Title     *string   `json:"title"`
		UpdatedAt time.Time `json:"updated_at"`
		Images    *[]image  `json:"images"`
		// An image that is null says that there is none; one that is absent says
		// nothing.
		Image json.RawMessage `json:"image"`
	}
	if err := decode(body, &in); err != nil {
		return p, err
	}
	var first *image
	if err := decodeOptional(in.Image, &first); err != nil {
		return p, err
	}
	switch {
	case in.ID == "":
		return p, missing("id")
	case in.UpdatedAt.IsZero():
		return p, missing("updated_at")
	}
	p = store.Product{ID: string(in.ID), UpdatedAt: in.UpdatedAt.UTC(), Title: clean(in.Title)}
	switch {
	case first != nil:
		p.ImageURL = imageURL(first.Src)
	case in.Images != nil && len(*in.Images) > 0:
		p.ImageURL = imageURL((*in.Images)[0].Src)
	case in.Images != nil || len(in.Image) > 0:
		p.ImageURL = imageURL("")
	}
	return p, nil
}

func decodeOptional(raw json.RawMessage, v any) error {
	if len(raw) == 0 {
		return nil
	}
	return decode(raw, v)
}

// How much of a product's title and image a config takes; see store.ConfigPatch.
const (
	maxTitle = 200 // characters
	maxImage = 2000
)

// clean makes a title one line that a config takes.
func clean(title *string) *string {
	if title == nil {
		return nil
	}
	line := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(*title, ""))
	runes := []rune(strings.TrimSpace(line))
	text := strings.TrimSpace(string(runes[:min(len(runes), maxTitle)]))
	return &text
}

// imageURL is "" for an address that no page should be made to load.
func imageURL(src string) *string {
	bad := len(src) > maxImage || strings.IndexFunc(src, func(r rune) bool {
		return r <= ' ' || r == 0x7f || r == unicode.ReplacementChar || unicode.IsControl(r)
	}) >= 0
	if bad || !strings.HasPrefix(src, "https://") {
		src = ""
	}
	return &src
}
