"""The ledger: a Merkle tree over the journal, its signed heads, and proofs that a head covers a journal entry."""
