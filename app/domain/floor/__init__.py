"""The floor of a meeting during a session: the present item, the speaker, the list of speakers, and the clock."""
