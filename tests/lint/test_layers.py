"""The house's layers hold: who may import whom is written in pyproject.toml."""

from importlinter.cli import lint_imports


def test_the_layers_hold() -> None:
    """No import goes against the contracts of pyproject.toml."""
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == 0
