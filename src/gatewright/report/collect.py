"""Where reports get their data: the collector of `model`, which the store rebuilds a past run with as well."""

from gatewright.model.collect import Collector

__all__ = ["Collector"]
