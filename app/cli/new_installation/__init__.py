"""The command `init`: what a new installation with `deploy/compose.yaml` needs in its folder, apart from what only its
operator has."""
