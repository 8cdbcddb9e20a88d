"""What the statistics of a meeting show: the page of the meeting, and the desk of chair and secretariat."""
