"""Finds, reads, validates and explains `gatewright.yaml`, flags and `${ENV}`, into `model.settings`."""

from gatewright.settings.accounts import account_flag
from gatewright.settings.flags import Flags
from gatewright.settings.load import load

__all__ = ["Flags", "account_flag", "load"]
