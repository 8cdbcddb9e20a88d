"""Tables that people hand in, as CSV or as an OpenDocument spreadsheet: rows of texts, within limits."""
