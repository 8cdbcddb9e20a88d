"""Outputs: texts that a body adopts. Drafting, adoption, approvals, release, translation and withdrawal."""
