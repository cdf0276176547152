package shopify

import (
	"net/url"
	"time"
)

// What the vectors look at on its own: a signature without its timestamp, the
// signed text, and two constants.
const (
	CookieKeyInfo = cookieKeyInfo
	TokenLeeway   = tokenLeeway / time.Second
)

func (a *App) CheckQuery(rawQuery string) (url.Values, error) { return a.checkQuery(rawQuery) }
func (a *App) CheckProxy(rawQuery string) (url.Values, error) { return a.checkProxy(rawQuery) }

func QueryMessage(q url.Values) (string, error) { return queryMessage(q) }
func ProxyMessage(q url.Values) string          { return proxyMessage(q) }
