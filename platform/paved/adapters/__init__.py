"""One file per outside program or API; each maps foreign data and errors to the toolkit's own."""
