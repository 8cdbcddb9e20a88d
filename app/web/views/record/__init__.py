"""What the pages of the activity log show."""
