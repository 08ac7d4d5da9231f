"""The retention guard: what is not archived yet, what is in danger, and what is lost."""
