"""One file per command: arguments in, exit code out; no logic. Commands are imported when they are called."""
