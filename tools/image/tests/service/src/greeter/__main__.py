"""Prints a greeting from a template, and where it runs."""

import json
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import jinja2

from paved import errors

TEMPLATE = Path(__file__).with_name("greeting.txt").read_text(encoding="utf-8")

if __name__ == "__main__":
    greeting = jinja2.Template(TEMPLATE).render(name=sys.argv[1], **os.environ)
    known = {
        "greeting": greeting,
        "errors": errors.__file__,
        "jinja2": str(Path(jinja2.__file__).parent),
        "jinja2_version": metadata.version("jinja2"),
        "python": platform.python_version(),
        "directory": str(Path.cwd()),
    }
    print(json.dumps(known))
