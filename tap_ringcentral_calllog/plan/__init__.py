"""What to ask for next, so that no record is lost."""
