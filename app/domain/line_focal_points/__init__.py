"""Focal points of action lines: who answers for a line of WSIS in the General Secretariat or in a Bureau."""
