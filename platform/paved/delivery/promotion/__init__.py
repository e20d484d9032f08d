"""What moves a release: pin, promote, rollback, and the one commit that each of them makes."""
