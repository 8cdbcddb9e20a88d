"""Portal of the Council Working Group on international Internet-related public policy issues."""
