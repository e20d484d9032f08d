"""Verifies a signed image, in a layout folder or in a registry, with stock cosign.

Every check is made and every reason given: digests and sizes of all blobs, the signature, and
for each required statement that it is signed by the key, is about this image and makes sense.
What a policy asks beyond that (which builder, which branch) is `paved.delivery`'s business.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from paved.adapters.cosign import Cosign
from paved.adapters.registry import Reference, Registry
from paved.errors import InputError, PavedError, Problem, Refused
from paved.supply import canonical, keys, layout, media, oci
from paved.supply.claims import predicates
from paved.supply.report import Check, Report, gather, refusals


def verify_target(target: str, key: str, cosign: Cosign, *, plain_http: bool = False) -> Report:
    """Verify a signed layout folder, or else a reference; see the two functions below.

    Raises:
        InputError: it is neither, or `key` is no public key.
        EnvironmentProblem: cosign or the registry does not answer.
    """
    if Path(target).is_dir():
        return verify_layout(Path(target), key, cosign)
    if not Reference.fits(target):
        what = "is neither a folder nor an image reference"
        expected = "a signed layout, HOST/REPOSITORY:TAG or HOST/REPOSITORY@sha256:..."
        raise InputError(Problem(what, where=target, expected=expected))
    return verify_reference(target, key, cosign, plain_http=plain_http)


def verify_layout(folder: Path, key: str, cosign: Cosign) -> Report:
    """Verify a signed layout, offline.

    Args:
        folder: an OCI layout folder.
        key: the public key: a PEM file, or a reference that cosign takes.
        cosign: the program.

    Raises:
        InputError: `folder` is no layout, or `key` no public key.
        EnvironmentProblem: cosign does not fit or does not run.
    """
    _require_key(key)
    cosign.require_supported()
    found = layout.read(folder)
    digest = found.image.descriptor.digest if found.image else ""

    def check(referrer: layout.Referrer) -> Check:
        return _bundle_check(referrer, digest, key, cosign)

    checks = [*found.checks, *_parallel(check, found.referrers)] if digest else [*found.checks]
    kinds = [referrer.predicate_type for referrer in found.referrers]
    checks += _missing(kinds, str(folder)) if digest else []
    return Report(str(folder), digest, tuple(checks))


def verify_reference(text: str, key: str, cosign: Cosign, *, plain_http: bool = False) -> Report:
    """Verify a signed image in a registry.

    Args:
        text: HOST/REPOSITORY@DIGEST or HOST/REPOSITORY:TAG.
        key: the public key: a PEM file, or a reference that cosign takes.
        cosign: the program.
        plain_http: speak plain HTTP to a host that is not this machine.

    Raises:
        InputError: no such reference or manifest, or `key` is no public key.
        EnvironmentProblem: the registry or cosign does not answer.
    """
    _require_key(key)
    cosign.require_supported()
    reference = Reference.parse(text)
    registry = Registry(reference.host, plain_http=plain_http)
    digest, checks = _stored_image(registry, reference)
    pinned = str(reference.at(digest))

    def check(kind: str) -> Check:
        return _stored_check(pinned, kind, digest, key, cosign, plain_http=plain_http)

    found = [*checks, *_parallel(check, media.REQUIRED_PREDICATES)]
    return Report(text, digest, tuple(found))


def _require_key(key: str) -> None:
    if not keys.is_address(key) and not Path(key).is_file():
        raise InputError(Problem("there is no such key", where=key, expected="a public key"))


def _parallel(check: Callable[..., Check], items: Sequence[object]) -> Sequence[Check]:
    with ThreadPoolExecutor(max_workers=4) as pool:
        return list(pool.map(check, items))


def _bundle_check(referrer: layout.Referrer, digest: str, key: str, cosign: Cosign) -> Check:
    kind = referrer.predicate_type
    where = referrer.descriptor.digest
    name = media.PREDICATE_NAMES.get(kind, kind or "unknown")
    problems: list[Problem] = []
    try:
        cosign.verify_bundle(referrer.bundle, key=key, digest=digest, predicate_type=kind)
    except PavedError as error:
        problems += [_at(problem, name, where) for problem in refusals(error)]
    statement = predicates.statement_of_bundle
    detail, found = _claims(statement, referrer.bundle, kind, digest, where)
    return gather(name, detail, [*problems, *found])


def _claims(
    read: Callable[[bytes, str], predicates.Statement],
    content: bytes,
    kind: str,
    digest: str,
    where: str,
) -> tuple[str, Sequence[Problem]]:
    """Return a statement's figures, and what is wrong with what it claims."""
    try:
        statement = read(content, where)
        problems = list(_about(statement, kind, digest, where))
        return predicates.summary(statement, where), problems
    except InputError as error:
        return "", error.problems


def _about(
    statement: predicates.Statement, kind: str, digest: str, where: str
) -> Iterator[Problem]:
    if statement.predicate_type != kind:
        yield Problem(f"states {statement.predicate_type}", where=where, expected=kind)
    if statement.digest != digest:
        yield Problem(f"is about {statement.digest}", where=where, expected=digest)


def _missing(kinds: Sequence[str], where: str) -> Sequence[Check]:
    """Return one failed check for each statement that an image has to carry and does not."""
    return [
        gather(media.PREDICATE_NAMES[kind], "", [_absent(media.PREDICATE_NAMES[kind], where)])
        for kind in media.REQUIRED_PREDICATES
        if kind not in kinds
    ]


def _absent(name: str, where: str) -> Problem:
    hint = "build the image's :signed target, which signs it"
    return Problem(f"no {name} is attached that could be read", where=where, hint=hint)


def _at(problem: Problem, name: str, where: str) -> Problem:
    return Problem(f"{name}: {problem.what}", where, problem.expected, problem.hint)


def _stored_image(registry: Registry, reference: Reference) -> tuple[str, list[Check]]:
    content = registry.manifest(reference).content
    digest = canonical.digest(content)
    problems: list[Problem] = []
    if reference.digest and reference.digest != digest:
        what = f"the registry serves {digest}"
        problems.append(Problem(what, where=str(reference), expected=reference.digest))
    checks = [gather("image manifest", digest, problems)]
    try:
        manifest = oci.parse(oci.Manifest, content, digest)
    except InputError as error:
        return digest, [*checks, gather("blobs", "", error.problems)]
    blobs = [manifest.config, *manifest.layers]
    missing = list(_blobs_missing(registry, reference, blobs))
    size = sum(blob.size for blob in blobs)
    return digest, [*checks, gather("blobs", f"{len(blobs)} blobs, {size:,} bytes", missing)]


def _blobs_missing(
    registry: Registry, reference: Reference, blobs: Sequence[oci.Descriptor]
) -> Iterator[Problem]:
    for blob in blobs:
        size = registry.blob_size(reference.repository, blob.digest)
        if size is None:
            yield Problem("blob is not in the registry", where=blob.digest)
        elif size != blob.size:
            yield Problem(f"blob has {size:,} bytes", blob.digest, expected=f"{blob.size:,}")


def _stored_check(
    reference: str, kind: str, digest: str, key: str, cosign: Cosign, *, plain_http: bool
) -> Check:
    name = media.PREDICATE_NAMES[kind]
    try:
        if kind == media.SIGNATURE:
            cosign.verify_image(reference, key=key, plain_http=plain_http)
            return gather(name, kind, [])
        envelopes = cosign.verify_attestation(
            reference, key=key, predicate_type=kind, plain_http=plain_http
        )
    except Refused as error:
        return gather(name, "", [_at(problem, name, reference) for problem in error.problems])
    details: list[str] = []
    problems: list[Problem] = []
    for envelope in envelopes:
        statement = predicates.statement_of_envelope
        detail, found = _claims(statement, envelope, kind, digest, reference)
        details.append(detail)
        problems += found
    return gather(name, "; ".join(details), problems)
