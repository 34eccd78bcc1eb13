"""Exchanges and specifications → one inventory of endpoints. Pure, mergeable; grows with endpoints, not with traffic."""
