"""Golden paths: which there are, and a new repository from one of them.

Rendering is Copier's (`paved.adapters.copier`); this package decides what is rendered, from
which commit, with which answers, and that the result appears whole or not at all. Updating
scaffolded repositories is left to `copier update`.
"""
