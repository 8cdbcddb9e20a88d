"""The portal's pages, for people who sign in: one module per area, named as in the domain."""
