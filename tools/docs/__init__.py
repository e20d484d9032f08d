"""The pages that are made from the code and the files that they are about."""
