package catalog

import "fmt"

// CheckChange returns a change of a shop's config with its value as it is kept,
// or a *FieldError. That the plan is there is seen by SetShop alone.
func CheckChange(ch Change) (Change, error) {
	if column, _ := shopColumn(ch.Key); column == "" {
		return ch, invalid(ch.Key, "is no setting of a shop")
	}
	v, err := parseShopField(ch.Key, ch.Value)
	if err != nil {
		return ch, err
	}
	if v == nil {
		v = ""
	}
	ch.Value = fmt.Sprint(v)
	return ch, nil
}
