"""Groups, who may be admitted to them, and who sits in them: accreditations and offices."""
