"""HTTP/1.1 without I/O: a request to exact bytes, bytes to response events (RFC 9112)."""
