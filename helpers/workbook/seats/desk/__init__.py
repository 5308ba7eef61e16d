"""The desk: what attendees choose to show of their progress, as files, as a live table, and as grades."""
