"""Accounts: finding the log-in, signing up, logging in, renewing, knowing whether a session is alive."""
