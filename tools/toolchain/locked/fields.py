"""Reads typed values out of a JSON document and collects every problem instead of stopping."""

import re
from collections.abc import Mapping

from toolchain.problems import Problem

Problems = list[Problem]


class Fields:
    """One JSON object that is being read. Readers return a harmless value after a problem."""

    def __init__(self, value: object, where: str, problems: Problems) -> None:
        """Read `value`, found at `where`; problems go to the list `problems`."""
        self.where = where
        self.problems = problems
        self._seen: set[str] = set()
        self._values: Mapping[str, object] = {}
        if isinstance(value, dict):
            self._values = value
        else:
            self.problem("", f"is {_name(value)}", "an object")

    def problem(self, field: str, what: str, expected: str) -> None:
        """Note that `field` is wrong."""
        where = f"{self.where}.{field}".strip(".")
        self.problems.append(Problem(what=what, where=where, expected=expected))

    def text(self, field: str, pattern: str = r".*", expected: str = "a text") -> str:
        """Return a text that matches `pattern` as a whole."""
        value = self._take(field)
        if isinstance(value, str) and re.fullmatch(pattern, value):
            return value
        self.problem(field, f"is {_name(value)}", expected)
        return ""

    def number(self, field: str) -> int:
        """Return a whole number above 0."""
        value = self._take(field)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
        self.problem(field, f"is {_name(value)}", "a whole number above 0")
        return 1

    def flag(self, field: str) -> bool:
        """Return true or false; false where the field is absent."""
        value = self._take(field) if field in self._values else False
        if not isinstance(value, bool):
            self.problem(field, f"is {_name(value)}", "true or false")
        return value is True

    def texts(self, field: str, pattern: str, expected: str) -> tuple[str, ...]:
        """Return a list of at least one text, each matching `pattern` as a whole."""
        value = self._take(field)
        if isinstance(value, list) and value:
            items = [item for item in value if isinstance(item, str)]
            if len(items) == len(value) and all(re.fullmatch(pattern, item) for item in items):
                return tuple(items)
        self.problem(field, f"is {_name(value)}", f"a list of {expected}")
        return ()

    def mapping(self, field: str, pattern: str, expected: str) -> Mapping[str, str]:
        """Return an object of texts, each matching `pattern` as a whole."""
        value = self._take(field)
        if isinstance(value, dict):
            pairs = {key: item for key, item in value.items() if isinstance(item, str)}
            good = all(re.fullmatch(pattern, item) for item in pairs.values())
            if len(pairs) == len(value) and good:
                return pairs
        self.problem(field, f"is {_name(value)}", f"an object of {expected}")
        return {}

    def objects(self, field: str, least: int = 1) -> list["Fields"]:
        """Return the readers of a list of objects, `least` of them or more."""
        value = self._take(field)
        if isinstance(value, list) and len(value) >= least:
            place = f"{self.where}.{field}".removeprefix(".")
            return [Fields(v, f"{place}[{at}]", self.problems) for at, v in enumerate(value)]
        self.problem(field, f"is {_name(value)}", f"a list of objects, {least} or more")
        return []

    def done(self) -> None:
        """Note every field that nothing has read."""
        for field in sorted(self._values.keys() - self._seen):
            self.problem(field, "is not a known field", ", ".join(sorted(self._seen)))

    def _take(self, field: str) -> object:
        self._seen.add(field)
        return self._values.get(field)


def _name(value: object) -> str:
    if value is None:
        return "missing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004
