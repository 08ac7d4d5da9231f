"""Other tools that read the call log. Each script runs in its own environment."""
