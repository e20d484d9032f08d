"""The tracked files keep the house rules."""

import os
import pwd
from pathlib import Path

import pytest

from house import checkout, clients, exceptions, rules
from house.rules import Rule

FILES = [file for path, file in checkout.files().items() if path != exceptions.EXAMPLES]


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_every_file_keeps_the_rule(rule: Rule) -> None:
    """The rule finds nothing in any tracked file."""
    found = [each for file in FILES for each in rule(file)]
    assert not found, "\n".join(found)


def test_every_file_is_text() -> None:
    """Nothing binary is in Git: what can be generated is, and what can be fetched is locked."""
    assert checkout.not_text() == []


def test_no_folder_is_too_large() -> None:
    """A folder can be looked over: it has a dozen source files at most."""
    assert list(rules.large_folders(checkout.paths())) == []


def test_no_file_names_this_machine() -> None:
    """Neither the checkout's own path nor the user's home stands in a file."""
    own = {f"{checkout.root()}/", f"{pwd.getpwuid(os.getuid()).pw_dir}/"} - {"/", "//"}
    assert [(file.path, path) for file in FILES for path in own if path in file.text] == []


def test_no_file_names_a_registry() -> None:
    """No host that this machine's package clients ask stands in a file."""
    hosts = clients.hosts(Path(os.environ["PIP_WHEEL"]))
    assert hosts["pip"]
    wanted = set().union(*hosts.values())
    found = [(file.path, host) for file in FILES for host in wanted if host in file.text.lower()]
    assert found == []


def test_every_exception_is_needed() -> None:
    """An exception whose case is gone is taken out."""
    folders = {path.rpartition("/")[0] for path in checkout.paths()}
    text = "\n".join(file.text for file in FILES if file.path != "tests/house/exceptions.py")
    needed = {
        *(path for path in exceptions.LARGE_FOLDERS if path in folders),
        *(word for word in (*exceptions.HOSTS, *exceptions.MACHINE_PATHS) if word in text),
    }
    listed = {*exceptions.LARGE_FOLDERS, *exceptions.HOSTS, *exceptions.MACHINE_PATHS}
    assert listed - needed == set()
