"""Sign-in through OpenID Connect: Authlib carries the messages, our own code decides what is believed.

The doors need `Provider`, `begin`, `complete`, `verify_logout_token`, `SealedAttempts` and `Sealer`; each says in its
docstring how a route uses it. Nothing else in the house knows Authlib (the demo's identity provider aside).
"""
