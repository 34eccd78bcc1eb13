"""Finds, reads, validates and explains `gatewright.yaml`, flags and `${ENV}`, into `model.settings`."""
