"""Sign-in through OpenID Connect: Authlib carries the messages, our own code verifies them.

Applications need `IdentityProvider`, `begin_sign_in`, `complete_sign_in`, `verify_logout_token`, `AttemptCookies` and
`TokenSealer`; the docstrings say how a route uses each. No other package knows Authlib, except the demo's provider.
"""
