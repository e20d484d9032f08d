"""The rules that answers have to fit (golden-paths/shared/rules.jinja), evaluated by Jinja."""

import keyword
import re
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from jinja2.environment import TemplateModule

ROOT = Path(__file__).parents[4]
# RFC 1123's label; the distribution specification's name; both as their grammars give them.
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
HOST = re.compile(rf"{DNS_LABEL.pattern}(\.{DNS_LABEL.pattern})*(:[0-9]+)?")
REPOSITORY = re.compile(r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*")
POD_SUFFIX = "-0123456789-abcde"

# The same examples on every machine, however slow it is.
steady = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
labels = st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,8}){0,4}", fullmatch=True)
anything = st.one_of(
    st.text(max_size=45),
    st.text(alphabet="ab0-_.A\n", max_size=45),
    labels,
    st.sampled_from(sorted(sys.stdlib_module_names)).map(lambda name: name.replace("_", "-")),
    st.sampled_from(keyword.kwlist),
)


@cache
def rules() -> TemplateModule:
    """Return the macros of rules.jinja, with the filters that Copier gives."""
    extension = "jinja2_ansible_filters.AnsibleCoreFiltersExtension"
    environment = Environment(  # noqa: S701 - no HTML here
        loader=FileSystemLoader(ROOT), extensions=[extension]
    )
    return environment.get_template("golden-paths/shared/rules.jinja").module


def problem(rule: str, value: str) -> str:
    """Return what `rule` says about `value`, empty when it is accepted."""
    return str(getattr(rules(), f"{rule}_problem")(value)).strip()


@steady
@given(anything)
def test_accepted_names_are_legal(name: str) -> None:
    """A name that is accepted is legal everywhere it goes, and hides no module."""
    if problem("name", name):
        return
    module = name.replace("-", "_")
    assert DNS_LABEL.fullmatch(name)
    assert DNS_LABEL.fullmatch(name + POD_SUFFIX)
    assert name[0].isalpha()
    assert REPOSITORY.fullmatch(name)
    assert module.isidentifier()
    assert not keyword.iskeyword(module)
    assert module not in sys.stdlib_module_names


@steady
@given(labels)
def test_only_reserved_words_are_refused(name: str) -> None:
    """A label of 2 to 40 characters is refused only for what it would hide or collide with."""
    said = problem("name", name)
    if 2 <= len(name) <= 40:
        assert not said or said.startswith(f"'{name}' is ")
        assert "not a DNS label" not in said
    else:
        assert said == f"{len(name)} characters; expected 2 to 40"


@steady
@given(
    st.one_of(
        st.text(max_size=60),
        st.from_regex(r"[a-c0.-]{1,20}(:[0-9]{1,6})?(/[a-z0-9._-]{1,12}){0,3}", fullmatch=True),
    )
)
def test_accepted_registries_are_legal(registry: str) -> None:
    """A registry that is accepted gives a legal image name with the longest service name."""
    if problem("registry", registry):
        return
    image = f"{registry}/{'a' * 40}"
    host, _, repository = image.partition("/")
    assert HOST.fullmatch(host)
    assert REPOSITORY.fullmatch(repository)
    assert len(image) <= 255


@steady
@given(st.one_of(st.text(max_size=40), st.from_regex(r"[a-z0-9.-]{1,30}", fullmatch=True)))
def test_accepted_domains_are_legal(domain: str) -> None:
    """A domain that is accepted is a DNS name of two labels or more, and not an address."""
    if problem("domain", domain):
        return
    parts = domain.split(".")
    assert len(parts) >= 2
    assert all(DNS_LABEL.fullmatch(part) for part in parts)
    assert parts[-1][0].isalpha()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a", "1 characters; expected 2 to 40"),
        ("a" * 41, "41 characters; expected 2 to 40"),
        ("Quotes", "'Quotes' is not a DNS label"),
        ("quotes_api", "'quotes_api' is not a DNS label"),
        ("quotes--api", "'quotes--api' is not a DNS label"),
        ("quotes-", "'quotes-' is not a DNS label"),
        ("2quotes", "'2quotes' is not a DNS label"),
        ("quotes\n", "'quotes\n' is not a DNS label"),
        ("import", "'import' is a keyword of Python"),
        ("json", "'json' is a module of Python's standard library"),
        ("sre-compile", "'sre-compile' is a module of Python's standard library"),
        ("chassis", "'chassis' is a package that services import"),
        ("paved", "'paved' is reserved"),
        ("platform", "'platform' is a module of Python's standard library"),
        ("tests", "'tests' is reserved"),
        ("signed", "'signed' is reserved"),
        ("kube-proxy", "'kube-proxy' is reserved"),
    ],
)
def test_messages(name: str, said: str) -> None:
    """Each reason for refusing a name has its own words."""
    assert problem("name", name).startswith(said)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ("label", "team-a", "Team A"),
        ("account", "Example-Org", "-example"),
        ("account", "a" * 39, "a" * 40),
        ("domain", "example.com", "localhost"),
        ("domain", "a.b.example.com", "10.0.0.1"),
        ("registry", "registry.example.com:5000/shop", "https://registry.example.com/shop"),
        ("registry", "registry.example.com", "registry..example.com/shop"),
        ("registry", "localhost:5000", "registry.example.com/shop:v1"),
    ],
)
def test_other_rules(rule: str, good: str, bad: str) -> None:
    """Each rule accepts a usual value, and says what it expected of a wrong one."""
    assert problem(rule, good) == ""
    assert "expected" in problem(rule, bad)
