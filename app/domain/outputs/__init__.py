"""Texts that the body adopts: drafts, adoption of an exact text, approvals by different people."""
