package signin

import "strings"

// Device is which browser and system a User-Agent header names, for people to
// tell their sign-ins apart; "" for what it does not.
func Device(userAgent string) (browser, system string) {
	// Most browsers also name those that they want to be taken for, so the order
	// counts.
	return named(userAgent, [][2]string{
			{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
			{"CriOS", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"curl/", "curl"},
		}), named(userAgent, [][2]string{
			{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"CrOS", "ChromeOS"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"},
		})
}

func named(text string, marks [][2]string) string {
	for _, m := range marks {
		if strings.Contains(text, m[0]) {
			return m[1]
		}
	}
	return ""
}
