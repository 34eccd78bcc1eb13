"""Import formats: one file each, from a document to a `Specification` or a stream of `Exchange`."""
