"""The ledger: a Merkle tree over the journal, its signed heads, and the proofs that lead from one line to a head."""
