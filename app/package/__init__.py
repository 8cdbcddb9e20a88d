"""Export of the whole record of one body as a package (BagIt, RFC 8493) that needs none of our software
(docs/backup.md)."""
