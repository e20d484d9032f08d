"""Links between the repository's own pages lead somewhere."""

import posixpath
import re
from collections.abc import Iterator, Sequence

from house import checkout
from house.checkout import File

FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def dead(file: File, paths: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with the links of a page; those to other sites are left out.

    Args:
        file: a Markdown page.
        paths: every file that a link may lead to.
    """
    for target in LINK.findall(FENCE.sub("", file.text)):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), path))
        found = file.path if not path else wanted
        if found not in paths and not any(each.startswith(f"{found}/") for each in paths):
            yield f"{file.path}: {target}: leads nowhere"
        elif anchor and anchor not in anchors(checkout.files().get(found, file)):
            yield f"{file.path}: {target}: no such heading"


def anchors(page: File) -> set[str]:
    """Return the anchors of a page's headings, as Git hosts make them."""
    headings = HEADING.findall(FENCE.sub("", page.text))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


def test_no_link_is_dead() -> None:
    """Every relative link of every page leads to a tracked file, folder or heading."""
    pages = checkout.paths("*.md")
    assert pages
    found = [each for page in pages for each in dead(checkout.files()[page], checkout.paths())]
    assert not found, "\n".join(found)


def test_dead_links_are_found() -> None:
    """A missing file, a missing heading and a wrong folder are told; code and the web are not."""
    text = "# A page\n[a](b.md) [c](../d/e.md#f) [g](#a-page) [h](#i) [j](https://x.example.com/)\n"
    code = "```\n[k](nowhere.md)\n```\n"
    page = File("docs/a.md", text + code)
    assert list(dead(page, ["docs/a.md", "docs/l.md"])) == [
        "docs/a.md: b.md: leads nowhere",
        "docs/a.md: ../d/e.md#f: leads nowhere",
        "docs/a.md: #i: no such heading",
    ]
    assert list(dead(page, ["docs/a.md", "docs/b.md", "d/e.md"])) == [
        "docs/a.md: ../d/e.md#f: no such heading",
        "docs/a.md: #i: no such heading",
    ]
    assert list(dead(File("a.md", "[docs](docs)"), ["docs/a.md"])) == []
