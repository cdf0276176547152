package store

import (
	"errors"
	"fmt"

	"lapak/store/sqlite"
)

// What one shopper may keep in a shop. Where the plan gives the shop little, a
// shopper gets no more than a share of it.
const (
	ShopperDesigns = 50
	ShopperUploads = 50
	shopperShare   = 5 // one in so many
)

// ShopperLimitError says that a shopper would keep more than one shopper may. Its
// text may be shown to people.
type ShopperLimitError struct {
	Most string // such as "50 designs"
}

func (e ShopperLimitError) Error() string { return "You can keep at most " + e.Most + " in this shop" }

// Is makes every ShopperLimitError an ErrLimit.
func (e ShopperLimitError) Is(target error) bool { return target == ErrLimit }

// share is how much of a plan's limit one shopper gets, at least 1 and at most
// so much.
func share(limit, most int64) int64 {
	if limit < 0 {
		return most
	}
	return min(max(limit/shopperShare, 1), most)
}

// owned is what a shopper keeps.
type owned struct{ designs, uploads, bytes int64 }

// check is whether o is within the bounds of what it holds any of.
func (o owned) check(terms Terms) error {
	designs, uploads := share(terms.MaxDesigns, ShopperDesigns), share(terms.MaxAssets, ShopperUploads)
	switch {
	case o.designs > designs:
		return ShopperLimitError{fmt.Sprintf("%d designs", designs)}
	case o.uploads > uploads:
		return ShopperLimitError{fmt.Sprintf("%d uploads", uploads)}
	case terms.StorageBytes >= 0 && o.bytes > terms.StorageBytes/shopperShare:
		return ShopperLimitError{fmt.Sprintf("%d KiB of uploads", terms.StorageBytes/shopperShare>>10)}
	}
	return nil
}

func (v *View) designsOf(owner Owner) (int64, error) {
	n, err := v.c.Int("SELECT count(*) FROM designs WHERE owner = ?1", owner)
	if err != nil {
		return 0, fmt.Errorf("count a shopper's designs: %w", err)
	}
	return n, nil
}

func (v *View) uploadsOf(owner Owner) (n, bytes int64, err error) {
	_, err = v.c.One("SELECT count(*), coalesce(sum(size), 0) FROM assets WHERE owner = ?1", []any{owner},
		func(r *sqlite.Row) { n, bytes = r.Int(0), r.Int(1) })
	if err != nil {
		return 0, 0, fmt.Errorf("count a shopper's uploads: %w", err)
	}
	return n, bytes, nil
}

// CreateShopperDesign is CreateDesign for the shopper in.Owner, within what one
// shopper may keep: else it is a ShopperLimitError.
func (tx *Tx) CreateShopperDesign(by By, terms Terms, in NewDesign) (Design, error) {
	n, err := tx.designsOf(in.Owner)
	if err != nil {
		return Design{}, err
	}
	if err := (owned{designs: n + 1}).check(terms); err != nil {
		return Design{}, err
	}
	return tx.CreateDesign(by, terms, in)
}

// CreateShopperAsset is CreateAsset for the shopper in.Owner, within what one
// shopper may keep: else it is a ShopperLimitError.
func (tx *Tx) CreateShopperAsset(by By, terms Terms, in NewAsset) (Asset, error) {
	if err := tx.RoomForUpload(terms, in.Owner, in.Size); err != nil {
		return Asset{}, err
	}
	return tx.CreateAsset(by, terms, in)
}

// RoomForUpload is a ShopperLimitError if the shopper may not keep one more
// upload of so many bytes.
func (v *View) RoomForUpload(terms Terms, owner Owner, size int64) error {
	n, bytes, err := v.uploadsOf(owner)
	if err != nil {
		return err
	}
	return owned{uploads: n + 1, bytes: bytes + size}.check(terms)
}

// Owns is ErrNotFound if the design is not there or is not the shopper's. The
// merchant is no shopper: for the empty owner it always is.
func (v *View) Owns(owner Owner, designID string) error {
	is := ""
	found, err := v.c.One("SELECT owner FROM designs WHERE id = ?1", []any{designID}, func(r *sqlite.Row) { is = r.Text(0) })
	return must("design", found && is == owner && is != "", err)
}

// DeleteOwnDesign is DeleteDesign by the shopper whose it is: into the shoppers'
// part of the trash. Another's is ErrNotFound.
func (tx *Tx) DeleteOwnDesign(by By, terms Terms, owner Owner, id string, ifVersion int64) error {
	if err := tx.Owns(owner, id); err != nil {
		return err
	}
	return tx.deleteDesign(by, terms, id, ifVersion, true)
}

// OwnsAny says whether anything is a shopper's, be it in the trash.
func (v *View) OwnsAny(owner Owner) (bool, error) {
	designs, err1 := v.designsOf(owner)
	uploads, _, err2 := v.uploadsOf(owner)
	trashed, err3 := v.c.Int("SELECT count(*) FROM trash WHERE owner = ?1", owner)
	if err := errors.Join(err1, err2, err3); err != nil {
		return false, fmt.Errorf("look for what a shopper has: %w", err)
	}
	return designs+uploads+trashed > 0, nil
}

// Claimed is what changed hands.
type Claimed struct {
	Designs int64 `json:"designs"`
	Uploads int64 `json:"uploads"`
}

// Claim gives all that one shopper keeps to another: what a visitor made to the
// customer that they turn out to be. It is a ShopperLimitError if that is more
// than one shopper may keep.
func (tx *Tx) Claim(by By, terms Terms, from, to Owner) (c Claimed, err error) {
	if from == "" || to == "" || from == to {
		return Claimed{}, InvalidError{"claim", "must be another shopper's"}
	}
	if err := tx.roomForClaim(terms, from, to); err != nil {
		return Claimed{}, err
	}
	if c.Designs, err = tx.c.Exec("UPDATE designs SET owner = ?2 WHERE owner = ?1", from, to); err != nil {
		return Claimed{}, fmt.Errorf("claim designs: %w", err)
	}
	if c.Uploads, err = tx.c.Exec("UPDATE assets SET owner = ?2 WHERE owner = ?1", from, to); err != nil {
		return Claimed{}, fmt.Errorf("claim uploads: %w", err)
	}
	if _, err = tx.c.Exec("UPDATE trash SET owner = ?2 WHERE owner = ?1", from, to); err != nil {
		return Claimed{}, fmt.Errorf("claim what is in the trash: %w", err)
	}
	if c == (Claimed{}) {
		return c, nil
	}
	return c, tx.Audit(by, "CLAIM", "shopper", "", nil, c)
}

// roomForClaim lets a shopper who has nothing take everything over.
func (tx *Tx) roomForClaim(terms Terms, from, to Owner) error {
	var all owned
	for _, of := range []Owner{from, to} {
		designs, err := tx.designsOf(of)
		if err != nil {
			return err
		}
		uploads, bytes, err := tx.uploadsOf(of)
		if err != nil {
			return err
		}
		if of == to && designs+uploads == 0 {
			return nil
		}
		all = owned{all.designs + designs, all.uploads + uploads, all.bytes + bytes}
	}
	return all.check(terms)
}
