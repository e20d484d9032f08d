"""CycloneDX 1.6 from a bill of inputs, and back.

The same bill gives the same bytes: the serial number is derived from the content, and there is no
time in it. Dependency edges are the graph's, hashes are the locks': where a lock accepts several
files of one distribution, all of them. Packages of the base hang on the service itself, since
their lock does not say which needs which.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import NAMESPACE_URL, UUID, uuid5

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as CycloneDxComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from paved.errors import InputError, Problem
from paved.supply.claims.bill import Bill, Component, Kind

SPEC_VERSION: Final = "1.6"
_NAMESPACE: Final = uuid5(NAMESPACE_URL, "https://example.com/paved/sbom")
_DISTRIBUTION: Final = "debian-12"
"""Bookworm, which is the one suite that a bill takes packages from."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of an SBOM: format version, components, and dependency edges between them."""

    spec_version: str
    components: int
    edges: int
    purls: tuple[str, ...]


def make(bill: Bill) -> bytes:
    """Return the SBOM of `bill` as JSON, the same bytes for the same bill."""
    bom = _bom(bill)
    bom.serial_number = uuid5(_NAMESPACE, _rendered(bom))
    return _rendered(bom).encode()


def read(document: Mapping[str, object], where: str) -> Summary:
    """Return the figures of a CycloneDX document after checking it.

    Raises:
        InputError: it cannot be parsed, has another format version, an edge names a component
            that is not in it, or a component has no purl or no version.
    """
    if document.get("bomFormat") != "CycloneDX" or document.get("specVersion") != SPEC_VERSION:
        what = f"is {document.get('bomFormat')} {document.get('specVersion')}"
        raise InputError(Problem(what, where=where, expected=f"CycloneDX {SPEC_VERSION}"))
    try:
        bom = Bom.from_json(dict(document))  # type: ignore[attr-defined]
        bom.validate()
    except Exception as error:  # the library raises what its parsers raise
        raise InputError(Problem(f"is no CycloneDX document: {error}", where=where)) from error
    nameless = [item.name for item in bom.components if not (item.purl and item.version)]
    if nameless:
        what = f"has components without purl or version: {', '.join(nameless)}"
        raise InputError(Problem(what, where=where))
    purls = sorted(str(component.purl) for component in bom.components)
    edges = sum(len(node.dependencies) for node in bom.dependencies)
    return Summary(SPEC_VERSION, len(bom.components), edges, tuple(purls))


def purl(component: Component) -> PackageURL:
    """Return the package URL of a component; first-party parts are of type generic."""
    if component.kind is Kind.WHEEL:
        return PackageURL("pypi", None, component.name, component.version)
    if component.kind is Kind.DEBIAN:
        qualifiers = {"arch": component.architecture, "distro": _DISTRIBUTION}
        return PackageURL("deb", "debian", component.name, component.version, qualifiers)
    return PackageURL("generic", component.kind.value, component.name, component.version)


def _bom(bill: Bill) -> Bom:
    made = {item.key: _component(item) for item in (bill.service, *bill.components)}
    root = made[bill.service.key]
    bom = Bom(components=[made[item.key] for item in bill.components], serial_number=UUID(int=0))
    bom.metadata.component = root
    bom.metadata.timestamp = None  # type: ignore[assignment]
    for item in bill.components:
        bom.register_dependency(made[item.key], [made[need] for need in item.needs])
    base = [item.key for item in bill.components if item.kind is Kind.DEBIAN]
    bom.register_dependency(root, [made[need] for need in [*bill.service.needs, *base]])
    return bom


def _component(component: Component) -> CycloneDxComponent:
    address = purl(component)
    application = component.kind is Kind.SERVICE
    return CycloneDxComponent(
        type=ComponentType.APPLICATION if application else ComponentType.LIBRARY,
        name=component.name,
        version=component.version,
        purl=address,
        bom_ref=address.to_string(),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=x) for x in component.sha256],
    )


def _rendered(bom: Bom) -> str:
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
