"""Reads statements and their predicates: what a verified bundle says.

A statement is parsed only to check its claims; that it is authentic is for cosign to say.
Definitions: in-toto Statement v1, SLSA provenance v1.0, CycloneDX 1.6.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from paved.errors import InputError, Problem
from paved.supply import media, oci

_STRICT = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)


class Subject(BaseModel):
    """What a statement is about."""

    model_config = _STRICT
    name: str
    digest: dict[str, str]


class Statement(BaseModel):
    """An in-toto statement; the predicate stays as it is until its type is known."""

    model_config = _STRICT
    type: Annotated[Literal["https://in-toto.io/Statement/v1"], Field(alias="_type")]
    subject: Annotated[list[Subject], Field(min_length=1, max_length=1)]
    predicate_type: str
    predicate: dict[str, object]

    @property
    def digest(self) -> str:
        """The subject's OCI digest, empty where it has no sha256."""
        value = self.subject[0].digest.get("sha256")
        return f"sha256:{value}" if value else ""


class Resource(BaseModel):
    """A resolved dependency: its name and digests."""

    model_config = _STRICT
    name: str
    digest: Annotated[dict[str, str], Field(min_length=1)]


class ExternalParameters(BaseModel):
    """What was asked for."""

    model_config = _STRICT
    target: Annotated[str, Field(min_length=1)]


class BuildDefinition(BaseModel):
    """How and from what it was built."""

    model_config = _STRICT
    build_type: Literal["https://example.com/paved/build-types/bazel-image/v1"]
    external_parameters: ExternalParameters
    resolved_dependencies: Annotated[list[Resource], Field(min_length=1)]


class Builder(BaseModel):
    """What ran the build."""

    model_config = _STRICT
    id: Annotated[str, Field(min_length=1)]
    version: dict[str, str] = {}


class RunDetails(BaseModel):
    """The run, by its builder alone: no time and no host."""

    model_config = _STRICT
    builder: Builder


class Provenance(BaseModel):
    """SLSA provenance as this project's builds write it."""

    model_config = _STRICT
    build_definition: BuildDefinition
    run_details: RunDetails

    @property
    def commit(self) -> str:
        """The source's Git commit, empty where the build was not told."""
        for resource in self.build_definition.resolved_dependencies:
            if resource.name == "source":
                return resource.digest.get("gitCommit", "")
        return ""


class Signature(BaseModel):
    """One signature of an envelope."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)
    sig: str


class Envelope(BaseModel):
    """A DSSE envelope."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, alias_generator=to_camel)
    payload: str
    payload_type: Literal["application/vnd.in-toto+json"]
    signatures: Annotated[list[Signature], Field(min_length=1)]


class Bundle(BaseModel):
    """A Sigstore bundle, as far as its statement is concerned."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True, alias_generator=to_camel)
    media_type: Literal["application/vnd.dev.sigstore.bundle.v0.3+json"]
    dsse_envelope: Envelope


def statement_of_bundle(bundle: bytes, where: str) -> Statement:
    """Return the statement inside a Sigstore bundle.

    Raises:
        InputError: it is no such bundle.
    """
    return _statement(oci.parse(Bundle, bundle, where).dsse_envelope, where)


def statement_of_envelope(envelope: bytes, where: str) -> Statement:
    """Return the statement inside a DSSE envelope.

    Raises:
        InputError: it is no such envelope.
    """
    return _statement(oci.parse(Envelope, envelope, where), where)


def _statement(envelope: Envelope, where: str) -> Statement:
    try:
        payload = base64.b64decode(envelope.payload, validate=True)
    except binascii.Error as error:
        raise InputError(Problem(f"payload is no base64: {error}", where=where)) from error
    return oci.parse(Statement, payload, where)


def summary(statement: Statement, where: str) -> str:
    """Return one line of figures about a statement's predicate, after checking its shape.

    Args:
        statement: of any predicate type; what is unknown here is named by its type alone.
        where: the referrer, for problems.

    Raises:
        InputError: the predicate is not what its type says.
    """
    kind = statement.predicate_type
    if kind == media.PROVENANCE:
        return _provenance_summary(statement.predicate, where)
    if kind == media.SBOM:
        return _sbom_summary(statement.predicate, where)
    return kind


def provenance(predicate: Mapping[str, object], where: str) -> Provenance:
    """Return a provenance predicate.

    Raises:
        InputError: it is not one, or of another build type.
    """
    return oci.parse(Provenance, json.dumps(predicate).encode(), where)


def _provenance_summary(predicate: Mapping[str, object], where: str) -> str:
    found = provenance(predicate, where)
    definition = found.build_definition
    commit = f"commit {found.commit[:12]}" if found.commit else "no commit"
    inputs = f"{len(definition.resolved_dependencies)} inputs by digest"
    builder = found.run_details.builder.id
    return f"{definition.external_parameters.target}, {commit}, {inputs}, by {builder}"


def _sbom_summary(predicate: Mapping[str, object], where: str) -> str:
    from paved.supply.claims import sbom  # noqa: PLC0415

    found = sbom.read(predicate, where)
    return f"CycloneDX {found.spec_version}, {found.components} components, {found.edges} edges"
