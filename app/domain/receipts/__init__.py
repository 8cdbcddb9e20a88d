"""Receipts: signed statements of the portal about acts of people, which anybody can check without the portal."""
