"""What a State submits to a meeting: from draft to the register."""
