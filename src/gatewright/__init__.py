"""Gatewright: API security testing that reports only what it has proved."""

__version__ = "0.1.0"

__all__ = ["__version__"]
