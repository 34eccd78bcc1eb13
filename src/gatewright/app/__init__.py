"""Puts a run together: settings → accounts → inventory → plan → engine → store and reports. The Python API."""
