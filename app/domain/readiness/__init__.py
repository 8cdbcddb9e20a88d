"""How far the preparation of a meeting is, for those who prepare it: counts over the packages below."""
