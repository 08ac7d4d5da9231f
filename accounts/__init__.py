"""Many RingCentral accounts, side by side: Meltano plugins from a list, and a Dagster project."""
