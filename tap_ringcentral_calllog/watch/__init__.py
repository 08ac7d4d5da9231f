"""What watches the archive: what is in danger or lost, and what is not archived yet."""
