"""Letters of invitation to a meeting: the templates of a body, and which letters were made for which Member States."""
