"""What a delegation prepares a meeting with: packs of the documents of a meeting, and its briefing file with private
notes."""
