"""OCI documents as this project accepts them: parsed at the edge, unknown fields refused.

Fields are those of the OCI image specification 1.1. An index is signed by nothing, so whatever it
says has to be said by the manifests too: it may hold no field that could not be compared.
"""

from typing import Annotated, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from paved.errors import InputError, Problem
from paved.supply import media

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Model = TypeVar("Model", bound=BaseModel)

_STRICT: Final = ConfigDict(strict=True, extra="forbid", frozen=True, alias_generator=to_camel)
_OPEN: Final = ConfigDict(strict=True, extra="ignore", frozen=True, alias_generator=to_camel)


class Descriptor(BaseModel):
    """A blob as another document names it."""

    model_config = _STRICT
    media_type: str
    digest: Digest
    size: Annotated[int, Field(ge=0)]
    artifact_type: str | None = None
    annotations: dict[str, str] | None = None

    @property
    def hexadecimal(self) -> str:
        """The digest without its algorithm."""
        return self.digest.removeprefix("sha256:")

    @property
    def identity(self) -> tuple[str, str, int]:
        """Media type, digest and size: what two descriptors of one blob share."""
        return self.media_type, self.digest, self.size


class LayoutFile(BaseModel):
    """The file `oci-layout`."""

    model_config = _STRICT
    image_layout_version: Literal["1.0.0"]


class Index(BaseModel):
    """The file `index.json` of a layout, or a referrers index."""

    model_config = _STRICT
    schema_version: Literal[2]
    media_type: Literal["application/vnd.oci.image.index.v1+json"]
    manifests: list[Descriptor]


class ForeignDescriptor(BaseModel):
    """An entry of a referrers index that others write too; fields unknown here are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)
    digest: Digest


class ForeignIndex(BaseModel):
    """A referrers index that others write too."""

    model_config = ConfigDict(extra="allow", frozen=True)
    manifests: list[ForeignDescriptor]


class Manifest(BaseModel):
    """An image manifest, or a referrer's."""

    model_config = _STRICT
    schema_version: Literal[2]
    media_type: Literal["application/vnd.oci.image.manifest.v1+json"]
    artifact_type: str | None = None
    config: Descriptor
    layers: Annotated[list[Descriptor], Field(min_length=1)]
    subject: Descriptor | None = None
    annotations: dict[str, str] | None = None


class RootFs(BaseModel):
    """The part of an image's configuration that names its layers' content."""

    model_config = _OPEN
    type: Literal["layers"]
    diff_ids: Annotated[list[Digest], Field(alias="diff_ids")]


class ImageConfig(BaseModel):
    """What verification reads of an image's configuration."""

    model_config = _OPEN
    architecture: str
    os: str
    rootfs: RootFs


def parse(model: type[Model], content: bytes, where: str) -> Model:
    """Return `content` as `model`.

    Args:
        model: one of this module's documents.
        content: JSON.
        where: the file or blob, for problems.

    Raises:
        InputError: it is not such a document; one problem per field.
    """
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        problems = [_problem(where, item["loc"], item["msg"]) for item in found]
        raise InputError(*problems) from error


def _problem(where: str, location: tuple[int | str, ...], message: str) -> Problem:
    field = ".".join(map(str, location))
    reason = message[:1].lower() + message[1:]
    return Problem(f"{field}: {reason}" if field else reason, where=where)


def describes(named: Descriptor, found: Manifest) -> bool:
    """Return whether an index's entry says of a manifest what the manifest says itself."""
    same_type = named.media_type == found.media_type == media.MANIFEST
    same_artifact = named.artifact_type == found.artifact_type
    same_notes = named.annotations in (None, found.annotations)
    return same_type and same_artifact and same_notes
