"""Monitoring of the system itself: measurements and alarms."""
