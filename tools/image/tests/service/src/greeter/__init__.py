"""A program that greets: what a test puts into an image."""
