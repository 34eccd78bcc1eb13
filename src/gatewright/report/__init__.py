"""One file per report format. Each takes a `Report` (or the event stream) and gives text."""
