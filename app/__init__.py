"""Portal of the Council Working Group on international Internet-related public policy issues."""

__version__ = "0.1.0"
