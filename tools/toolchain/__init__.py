"""Fetches what is not in the repository: Bazel and the locked tools.

Standard library only, because it runs before anything else is there. Import root: tools/.
"""
