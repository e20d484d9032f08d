"""An operations repository at one commit: what its release files say, read once and checked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from paved.adapters.git import Entry, Repository
from paved.delivery.release import documents, layout, receipt
from paved.delivery.release.model import ENVIRONMENTS, Denied, Policy, ReleaseSet
from paved.delivery.release.receipt import Receipt
from paved.errors import InputError, Problem

_RELEASE_FILES = (
    *(layout.release_set(environment) for environment in ENVIRONMENTS),
    layout.DENYLIST,
    layout.POLICY,
)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a commit holds below `root`; nothing here looks at the working copy.

    What was read is kept, so that a question asked twice costs one answer.
    """

    repository: Repository
    commit: str
    root: str = layout.ROOT
    _read: dict[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def _entries(self) -> Mapping[str, Entry]:
        listed = self.repository.entries(self.commit, self.root)
        return MappingProxyType({entry.path: entry for entry in listed})

    def file(self, path: str) -> bytes:
        """Return a file's bytes, none when it is not there."""
        together = _RELEASE_FILES if path in _RELEASE_FILES else (path,)
        return self.files(together).get(path, b"")

    def files(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Return the bytes of those `paths` that are there, in that order."""
        there = [path for path in paths if path in self._entries]
        new = [path for path in there if path not in self._read]
        if new:
            self._read.update(self.repository.read(self.commit, new))
        return {path: self._read[path] for path in there}

    def entries(self, folder: str) -> tuple[Entry, ...]:
        """Return every file below `folder`."""
        below = f"{folder}/"
        return tuple(entry for path, entry in self._entries.items() if path.startswith(below))

    def release_set(self, environment: str) -> ReleaseSet:
        """Return an environment's set, empty when nothing was ever pinned there."""
        path = layout.release_set(environment)
        content = self.file(path)
        return (
            documents.read_set(content, environment, path) if content else ReleaseSet(environment)
        )

    def set_digest(self, environment: str) -> str:
        """Return the digest of an environment's set as it lies in the tree, empty when absent."""
        return receipt.file_digest(self.file(layout.release_set(environment)))

    def denied(self) -> tuple[Denied, ...]:
        """Return the denylist."""
        content = self.file(layout.DENYLIST)
        return documents.read_denylist(content, layout.DENYLIST) if content else ()

    def policy(self) -> Policy:
        """Return the repository's own rules."""
        content = self.file(layout.POLICY)
        return documents.read_policy(content, layout.POLICY) if content else Policy()

    def receipt_names(self, environment: str) -> tuple[layout.ReceiptName, ...]:
        """Return an environment's receipts' names by number, unread.

        Raises InputError when a file that is no receipt lies among them.
        """
        found = []
        strangers = []
        for entry in self.entries(layout.receipts(environment)):
            name = layout.receipt_name(entry.path)
            if name:
                found.append(name)
            else:
                strangers.append(Problem("this is not a receipt's name", where=entry.path))
        if strangers:
            raise InputError(*strangers)
        return tuple(sorted(found, key=lambda name: name.sequence))

    def receipts(self, names: Iterable[layout.ReceiptName]) -> tuple[Receipt, ...]:
        """Return receipts by their names, in that order; their signatures are not looked at."""
        contents = self.files([name.path for name in names])
        return tuple(receipt.read(content, path) for path, content in contents.items())

    def last_receipt(self, environment: str) -> tuple[Receipt, ...]:
        """Return an environment's last receipt, none when it has none."""
        return self.receipts(self.receipt_names(environment)[-1:])

    def history(self, environment: str) -> Iterator[tuple[str, ReleaseSet]]:
        """Return each commit that changed an environment's set, and the set, newest first."""
        path = layout.release_set(environment)
        for commit in self.repository.history(self.commit, path):
            content = self.repository.read(commit, [path]).get(path)
            if content is not None:
                yield commit, documents.read_set(content, environment, path)
