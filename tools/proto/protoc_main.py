"""Runs grpc_tools' protoc with the well-known types on its path."""

import sys
from importlib.resources import files

from grpc_tools import protoc  # type: ignore[import-untyped]

sys.exit(protoc.main([sys.argv[0], f"-I{files('grpc_tools') / '_proto'}", *sys.argv[1:]]))
