"""A report about a company's calls, as one HTML file, from the marts of docs/analytics.md."""
