"""GraphQL: SDL files, introspection results and introspection by URL → `Specification`."""
