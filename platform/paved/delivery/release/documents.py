"""The files of a release, at the edge: bytes to data and data to canonical bytes.

Canonical bytes are JSON with sorted keys, two spaces of indentation and a final newline. A
document whose schema_version is not known is refused, never guessed at.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from paved.delivery.release.model import (
    DIGEST,
    IMAGE,
    SERVICE,
    Denied,
    Freeze,
    Pin,
    Policy,
    ReleaseSet,
)
from paved.errors import InputError, Problem

SCHEMA_VERSION = 1
EXPECTED = {
    "commit": "a full Git commit, 40 or 64 hexadecimal digits",
    "contract": "a version, such as v1",
    "digest": "sha256: and 64 hexadecimal digits",
    "image": "HOST/REPOSITORY in lower case, without a tag",
    "template": "NAME@VERSION, such as service@0.1.0",
}


def _matching(pattern: str) -> AfterValidator:
    def match(value: str) -> str:
        if re.fullmatch(pattern, value):
            return value
        raise PydanticCustomError("form", "{value} does not fit", {"value": repr(value)})

    return AfterValidator(match)


Environment = Literal["dev", "stage", "prod"]
Service = Annotated[str, _matching(SERVICE.pattern)]
Digest = Annotated[str, _matching(DIGEST.pattern)]
Image = Annotated[str, _matching(IMAGE.pattern)]
Commit = Annotated[str, _matching("[0-9a-f]{40}|[0-9a-f]{64}")]
Template = Annotated[str, _matching(r"[a-z][a-z0-9-]*@[0-9A-Za-z.+-]+")]
Word = Annotated[str, _matching(r"[0-9A-Za-z][0-9A-Za-z.+-]*")]
Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]


def _not_negative(value: timedelta) -> timedelta:
    if value < timedelta(0):
        message = "a soak time is not negative"
        raise ValueError(message)
    return value


class Strict(BaseModel):
    """A document that refuses fields it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class _PinDocument(Strict):
    image: Image
    digest: Digest
    commit: Commit
    template: Template
    contract: Word
    sbom: Digest | None
    provenance: Digest | None

    def data(self) -> Pin:
        return Pin(
            image=self.image,
            digest=self.digest,
            commit=self.commit,
            template=self.template,
            contract=self.contract,
            sbom=self.sbom or "",
            provenance=self.provenance or "",
        )


class _SetDocument(Strict):
    schema_version: Literal[1]
    environment: Environment
    services: dict[Service, _PinDocument]


class _DeniedDocument(Strict):
    digest: Digest
    service: Service
    environment: Environment
    reason: Text
    since: AwareDatetime
    by: Text


class _DenylistDocument(Strict):
    schema_version: Literal[1]
    digests: list[_DeniedDocument]


class _FreezeDocument(Strict):
    environments: Annotated[list[Environment], Field(min_length=1)]
    start: AwareDatetime
    end: AwareDatetime
    reason: Text

    @model_validator(mode="after")
    def _ordered(self) -> "_FreezeDocument":
        if self.end <= self.start:
            message = "end must come after start"
            raise ValueError(message)
        return self


class _PolicyDocument(Strict):
    schema_version: Literal[1]
    freezes: list[_FreezeDocument] = []
    soak: dict[Environment, Annotated[timedelta, AfterValidator(_not_negative)]] = {}


Document = TypeVar("Document", bound=BaseModel)


def parse(model: type[Document], content: bytes, where: str) -> Document:
    """Return JSON `content` as `model`; raise InputError with every field that is wrong."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise _translated(error, where) from error


def validated(model: type[Document], document: object, where: str) -> Document:
    """Return a loaded `document` as `model`; raise InputError with every field that is wrong."""
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise _translated(error, where) from error


def _translated(error: ValidationError, where: str) -> InputError:
    return InputError(*(_problem(item, where) for item in error.errors(include_url=False)))


def _problem(item: ErrorDetails, where: str) -> Problem:
    path = ".".join(str(part) for part in item["loc"])
    field = str(item["loc"][-1]) if item["loc"] else ""
    hint = "this file is newer or older than this paved" if path == "schema_version" else ""
    return Problem(item["msg"], f"{where} {path}".strip(), EXPECTED.get(field, ""), hint)


def canonical(document: Mapping[str, object]) -> bytes:
    """Return the one way to write `document`."""
    return (json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def instant(when: datetime) -> str:
    """Return a moment in UTC to the second, as RFC 3339 has it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def checked_pin(facts: Mapping[str, str], where: str) -> Pin:
    """Return `facts`, a pin's fields by name, as a pin; InputError with every wrong one."""
    filled = {key: value or None for key, value in facts.items()}
    return validated(_PinDocument, filled, where).data()


def require_valid(service: str, pin: Pin) -> None:
    """Raise InputError with all that a release set could not hold of a service and its pin."""
    document = {"services": {service: pin_document(pin)}}
    validated(_SetDocument, {"schema_version": 1, "environment": "dev", **document}, service)


def pin_document(pin: Pin) -> dict[str, object]:
    """Return a pin as the release set and the receipts write it."""
    return {
        "image": pin.image,
        "digest": pin.digest,
        "commit": pin.commit,
        "template": pin.template,
        "contract": pin.contract,
        "sbom": pin.sbom or None,
        "provenance": pin.provenance or None,
    }


def read_set(content: bytes, environment: str, where: str) -> ReleaseSet:
    """Return the release set in `content`; InputError when it is another environment's."""
    document = parse(_SetDocument, content, where)
    if document.environment != environment:
        what = f"this is the set of {document.environment}"
        raise InputError(Problem(what, where=f"{where} environment", expected=environment))
    pins = {name: pin.data() for name, pin in document.services.items()}
    return ReleaseSet(environment, MappingProxyType(pins))


def write_set(release: ReleaseSet) -> bytes:
    """Return the canonical bytes of a release set."""
    services = {name: pin_document(pin) for name, pin in release.pins.items()}
    return canonical(
        {
            "schema_version": SCHEMA_VERSION,
            "environment": release.environment,
            "services": services,
        }
    )


def read_denylist(content: bytes, where: str) -> tuple[Denied, ...]:
    """Return the denied digests in `content`."""
    return tuple(Denied(**dict(item)) for item in parse(_DenylistDocument, content, where).digests)


def write_denylist(denied: tuple[Denied, ...]) -> bytes:
    """Return the canonical bytes of a denylist, ordered by digest."""
    rows = [
        {
            "digest": item.digest,
            "service": item.service,
            "environment": item.environment,
            "reason": item.reason,
            "since": instant(item.since),
            "by": item.by,
        }
        for item in sorted(denied, key=lambda item: (item.digest, item.service, item.environment))
    ]
    return canonical({"schema_version": SCHEMA_VERSION, "digests": rows})


def read_policy(content: bytes, where: str) -> Policy:
    """Return the freezes and soak times in `content`."""
    document = parse(_PolicyDocument, content, where)
    freezes = (
        Freeze(tuple(item.environments), item.start, item.end, item.reason)
        for item in document.freezes
    )
    soak = {str(environment): time for environment, time in document.soak.items()}
    return Policy(tuple(freezes), MappingProxyType(soak))
