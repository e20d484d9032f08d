"""Build actions of the supply chain, as thin doors to `paved.supply`."""
