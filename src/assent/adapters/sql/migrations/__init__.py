"""The schema, and how it came to be (Alembic). Nothing else imports SQLAlchemy."""
