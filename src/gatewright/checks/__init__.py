"""Native checks: one file each, or one family that shares its gate. Each touches the target through its probe alone."""
