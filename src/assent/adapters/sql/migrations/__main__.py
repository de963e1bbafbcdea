"""`python -m assent.adapters.sql.migrations URL`: brings a database to the newest schema, and says
from which revision.

A program of its own, so that a server does not carry SQLAlchemy in its memory.
"""

import sys

from assent.adapters.sql.migrations.run import upgrade

if __name__ == "__main__":
    done = upgrade(sys.argv[1] if len(sys.argv) > 1 else sys.stdin.readline().strip())
    sys.stdout.write(f"{done}\n")
