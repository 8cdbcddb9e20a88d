"""What the HTTP doors share: who calls, guards, pages, headers, sign-in."""
