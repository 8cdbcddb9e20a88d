"""Who assigns and receives translations, and which text the name of a file means."""
