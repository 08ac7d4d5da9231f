"""The marts as plain SQL, for people without dbt: compiled from the models of `dbt/`."""
