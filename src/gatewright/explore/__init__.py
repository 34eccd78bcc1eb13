"""From a specification alone to calls that work and objects with known owners; and the clean-up of what was made."""
