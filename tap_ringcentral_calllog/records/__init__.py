"""Records that fit their schema."""
