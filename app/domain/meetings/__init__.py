"""Meetings of a body: dates, deadline, agenda items and the documents under them."""
