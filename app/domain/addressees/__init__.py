"""Addressees of outputs: to whom a text is addressed, a party of the register or words, and what is asked."""
