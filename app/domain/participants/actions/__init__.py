"""Registration of participants, their attendance, and their badges."""
