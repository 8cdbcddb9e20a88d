"""Clean copies: a DOCX or PDF without what tells more than its text, made by the service for untrusted files."""
