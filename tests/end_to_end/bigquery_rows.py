"""Print what a query finds in BigQuery, as JSON lines.

Runs in the target's environment, which has Google's client. Arguments: the project and the query.
"""

import json
import sys

from google.cloud import bigquery

project, query = sys.argv[1:]
for row in bigquery.Client(project=project).query(query).result(timeout=30):
    sys.stdout.write(json.dumps(dict(row), default=str) + "\n")
