"""What cites a mandate, a clause or an action line, as far as the reader may see it."""
