"""The pure part of every verdict: leaves, masks, witnesses, denied families, privacy evidence. No network, no clock."""
