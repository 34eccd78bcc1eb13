"""Plan → jobs → attempts → verdicts with controls. Is handed its tests; imports neither checks nor the lab."""
