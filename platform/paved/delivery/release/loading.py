"""YAML text to documents; whatever is wrong with it is an input error that names the file."""

from collections.abc import Sequence

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from paved.errors import InputError, Problem


def load(content: bytes, where: str, *, keep: bool = False) -> Sequence[object]:
    """Return the documents in `content`, UTF-8.

    Args:
        content: the text.
        where: its name, for the error.
        keep: whether comments and places are kept, for editing.
    """
    yaml = YAML(typ="rt" if keep else "safe", pure=True)
    try:
        return list(yaml.load_all(content.decode("utf-8")))
    # ruamel.yaml lets Python's own errors through for dates, numbers and keys that are none.
    except (YAMLError, ValueError, TypeError, RecursionError) as error:
        said = " ".join(str(error).split())
        raise InputError(Problem(f"not YAML: {said}", where=where)) from error
