"""Each house rule finds what it is for, and leaves alone what it is not for."""

import pytest

from house import clients, rules
from house.checkout import File
from house.rules import Rule

KEY = "-----BEGIN EC PRIVATE KEY-----"

WRONG = [
    (rules.length, "a.py", "x = 1\n" * 301),
    (rules.length, "templates/a.py.jinja", "\n" * 301),
    (rules.length, "run", "#!/usr/bin/env bash\n" + "true\n" * 300),
    (rules.words, "a.py", "# TODO: later"),
    (rules.words, "a.md", "FIXME"),
    (rules.words, "a.py", '@pytest.mark.skip(reason="flaky")'),
    (rules.words, "a.py", "@pytest.mark.xfail"),
    (rules.words, "a.py", 'duckdb = pytest.importorskip("duckdb")'),
    (rules.words, "a.py", "@unittest.skipIf(True, 'no')"),
    (rules.words, "Dockerfile.jinja", "FROM registry.example.com/base:latest"),
    (rules.words, "a.yml", "image: {{ image }}:latest"),
    (rules.words, "key.pem", KEY),
    (rules.machine_paths, "a.md", "see /home/jane/src"),
    (rules.machine_paths, "a.py", 'PATH = "/root/.cache"'),
    (rules.machine_paths, "a.toml", "path=/Users/jane"),
    (rules.hosts, "a.md", "from registry-1.example.io/library"),
    (rules.hosts, "a.py", 'INDEX = "https://packages.example.cloud/simple"'),
    (rules.hosts, "a.yml", "image: eu.packages.dev/a/b"),
    (rules.hosts, "a.sh", "curl https://user:word@files.example.xyz/a"),
    (rules.parses, "a.yml", "a: [1"),
    (rules.parses, "a.yaml", "a: 1\na: 2\n"),
    (rules.parses, "a.json", "{,}"),
    (rules.parses, "a.toml", "a = "),
    (rules.shell, "a.sh", "if true; then"),
    (rules.shell, "run", "#!/usr/bin/env bash\necho 'open"),
]

RIGHT = [
    (rules.length, "a.py", "x = 1\n" * 300),
    (rules.length, "requirements.lock", "x\n" * 2000),
    (rules.words, "a.py", 'latest = skip("mastodon")  # the latest one'),
    (rules.machine_paths, "a.py", 'HOME = "/home/someone/x" + root + "a/home/b" + "~/work/"'),
    (rules.hosts, "a.py", "paved.cli.app(); log.info(); d.dev; kustomize.build"),
    (rules.hosts, "a.yml", "https://ci.example.com/1 apps.k8s.io/v1 http://p.example.com:1/x"),
    (rules.parses, "a.yml", "a: !include b\n---\nb: 1\n"),
    (rules.parses, "a.md", "{,}"),
    (rules.shell, "a.sh", "if true; then :; fi"),
    (rules.shell, "a.py", "if"),
]


@pytest.mark.parametrize(("rule", "path", "text"), WRONG)
def test_what_is_wrong_is_found(rule: Rule, path: str, text: str) -> None:
    """The rule says something, and names the file."""
    found = list(rule(File(path, text)))
    assert found
    assert all(each.startswith(path) for each in found)


@pytest.mark.parametrize(("rule", "path", "text"), RIGHT)
def test_what_is_right_is_left_alone(rule: Rule, path: str, text: str) -> None:
    """The rule says nothing."""
    assert list(rule(File(path, text))) == []


def test_a_large_folder_is_found() -> None:
    """Thirteen source files are too many, twelve with a package's own and a BUILD file are not."""
    files = [f"a/{number}.py" for number in range(12)] + ["a/__init__.py", "a/BUILD.bazel"]
    assert list(rules.large_folders(files)) == []
    assert list(rules.large_folders([*files, "a/b.bzl"])) == [
        "a: 13 source files; expected at most 12"
    ]


def test_hosts_are_read_out_of_what_clients_print() -> None:
    """Addresses with and without a user give their host; this machine is nobody's registry."""
    text = "https://u:p@Index.example.com/simple,direct http://b.example.org:80 http://127.0.0.1:1"
    assert clients.named(f"{text} http://localhost:4873/") == {"index.example.com", "b.example.org"}
