"""The store on SQLite and PostgreSQL: one text a statement for both wherever it can be."""
