"""Where the store keeps what tells that a database is a sandbox's."""

CLOCK_STATE = "clock_offset_ms"
"""By how much its clock was moved."""
DEMO_STATE = "demo_programme"
"""The id of its demo programme; it is there in every database that a sandbox has used."""
