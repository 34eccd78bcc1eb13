"""Bytes on the network: parser, client, and the one gate that every request passes.

`h1.py` and `tolerant.py` do no I/O. `client.py` owns sockets and time-outs. `gate.py` holds scope, budget, pace and
record; nothing else opens a socket to a target.
"""
