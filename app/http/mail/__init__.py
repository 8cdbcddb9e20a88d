"""E-mails as people read them: their text, and the labels of what became of them."""
