"""Run target-snowflake, as it is, against fakesnow, and print the tables that it makes.

Runs in an environment that has both. Arguments: the target's configuration, as a file. Singer
messages come by standard input; a JSON object of tables with their columns' types goes out last.
"""

import json
import sys

import fakesnow
import snowflake.connector
from target_snowflake.target import TargetSnowflake

with fakesnow.patch():
    connection = snowflake.connector.connect(database="ARCHIVE", schema="PUBLIC")
    TargetSnowflake.cli(["--config", sys.argv[1]], standalone_mode=False)
    cursor = connection.cursor()
    names = [row[1] for row in cursor.execute("SHOW TABLES IN ARCHIVE.TAP_RINGCENTRAL").fetchall()]
    tables = {
        name: {
            row[0]: row[1]
            for row in cursor.execute(f"DESCRIBE TABLE ARCHIVE.TAP_RINGCENTRAL.{name}").fetchall()
        }
        for name in names
    }
    sys.stdout.write(json.dumps(tables) + "\n")
