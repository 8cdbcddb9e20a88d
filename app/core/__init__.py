"""What any house of this kind needs; knows no nouns of ours."""
