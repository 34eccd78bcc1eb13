"""What lasts: one schema in SQLite, with migrations."""
