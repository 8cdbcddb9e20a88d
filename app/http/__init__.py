"""The HTTP layer shared by the portal and the read path: authentication, guards, pages, headers, sign-in."""
