"""Locked tools: programs by name, version and hash, out of package registries into the cache."""
