"""Statistics of the contributions of meetings, for chair and secretariat: counts over the packages below."""
