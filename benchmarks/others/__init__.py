"""What else reads the call log. Each script runs in an environment of its own."""
