"""The contributions of States to meetings: from draft to registration."""
