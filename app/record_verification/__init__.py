"""Verifies the whole record: journal, rows, ledger, receipts, manifests, files, releases and register numbers.

`record` verifies all of it; each other module finds the faults of what it is named after.
"""

from app.record_verification.record import ExpectedSigners, VerificationResult, verify_record

__all__ = ["ExpectedSigners", "VerificationResult", "verify_record"]
