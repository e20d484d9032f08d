"""An operations repository at one commit: what its release files say, read once and checked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from paved.adapters.git import Entry, Repository
from paved.delivery.release import documents, layout, receipt
from paved.delivery.release.model import Denied, Policy, ReleaseSet
from paved.delivery.release.receipt import Receipt
from paved.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a commit holds; nothing here looks at the working copy."""

    repository: Repository
    commit: str

    def file(self, path: str) -> bytes:
        """Return a file's bytes, none when it is not there."""
        return self.repository.read(self.commit, [path]).get(path, b"")

    def files(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        """Return the bytes of those `paths` that are there."""
        return self.repository.read(self.commit, paths)

    def entries(self, folder: str) -> tuple[Entry, ...]:
        """Return every file below `folder`."""
        return self.repository.entries(self.commit, folder)

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
            yield commit, Snapshot(self.repository, commit).release_set(environment)
