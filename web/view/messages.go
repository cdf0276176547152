package view

import (
	"fmt"
	"maps"
)

// message is one text in both languages, English first. It has a %s for each
// argument, in the same order in both, and may have a "|" for Locale.N.
type message [2]string

// book is all texts by their keys.
type book map[string]message

// newBook collects the texts of all areas; a key belongs to one of them alone.
func newBook() (book, error) {
	all := book{}
	for _, area := range []book{
		commonMessages(), homeMessages(), productsMessages(), configMessages(), activityMessages(), settingsMessages(), requestsMessages(),
		designsMessages(), assetsMessages(), trashMessages(), backupsMessages(), operatorMessages(), signinMessages(),
	} {
		for key := range area {
			if _, twice := all[key]; twice {
				return nil, fmt.Errorf("the text %q is there twice", key)
			}
		}
		maps.Copy(all, area)
	}
	return all, nil
}
