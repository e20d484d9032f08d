"""A service of one line, to be signed."""

from starlette.applications import Starlette

app = Starlette()
