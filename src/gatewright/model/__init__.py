"""The nouns: plain immutable values that every other package speaks in.

Nothing here does I/O, reads a clock or knows a target. What may not live here: behaviour that needs the network, a file
or another package of Gatewright.
"""
