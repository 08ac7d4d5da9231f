"""The bookmarks, and how they look in a state."""
