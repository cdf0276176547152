package browsertest

import "github.com/chromedp/cdproto/webauthn"

// Authenticator gives the tab what keeps passkeys, such as a phone would: its
// owner is there and agrees at once.
func (tab *Tab) Authenticator() {
	tab.t.Helper()
	command(tab, webauthn.Enable, webauthn.EnableParams{})
	command(tab, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
}
