"""Who owns which service, and the groups that reports are made for.

Ownership is read from the events: the last `service.scaffolded` of a service names its team and
domain. Left out: a catalogue's answer, which a caller gives as members of its own.
"""

from functools import cache

import ibis  # type: ignore[import-untyped]
from ibis import _

from paved.metrics.dora.engine import load, sql
from paved.metrics.dora.figures import ORGANISATION, Group, Level
from paved.metrics.dora.plan import QUESTION, facts, number
from paved.metrics.dora.report import Members
from paved.metrics.store import Store

_TELLING = ("deployments", "incidents", "merges", "scaffolds")


def members(store: Store, level: Level, as_of: int | None = None) -> dict[Group, frozenset[str]]:
    """Return the groups of one level, by name, each with its services."""
    sequence = store.watermark(as_of).sequence
    numbers = [sequence if name == "as_of" else 0 for name in QUESTION.schema().names]
    load(store.database, QUESTION, [numbers])
    census = {
        str(service): (str(team), str(domain))
        for service, team, domain in store.database.rows(_census())
    }
    found: dict[Group, set[str]] = {ORGANISATION: set()} if level is Level.ORGANISATION else {}
    for service, (team, domain) in sorted(census.items()):
        group = _group_of(level, service, team, domain)
        if group is not None:
            found.setdefault(group, set()).add(service)
    ordered = sorted(found, key=lambda group: group.name)
    return {group: frozenset(found[group]) for group in ordered}


def members_of(store: Store, group: Group, as_of: int | None = None) -> Members:
    """Return one group with its services; one that no event tells of has no others."""
    alone = frozenset({group.name}) if group.level is Level.SERVICE else frozenset[str]()
    return {group: members(store, group.level, as_of).get(group, alone)}


def _group_of(level: Level, service: str, team: str, domain: str) -> Group | None:
    """Return the group of one level that a service belongs to; "" is only everyone's."""
    if level is Level.ORGANISATION:
        return ORGANISATION
    name = {Level.SERVICE: service, Level.TEAM: team, Level.DOMAIN: domain}[level]
    return Group(level, name) if service and name else None


@cache
def _census() -> str:
    """Return the query for every service that an event names (or ""), with its last owners."""
    named = ibis.union(*(facts(name).select("service") for name in _TELLING), distinct=True)
    latest = [ibis.desc("at_us"), ibis.desc("tie")]
    owned = (
        facts("scaffolds")
        .mutate(place=number(["service"], latest))
        .filter(_.place == 0)
        .select("team", "domain", owned="service")
    )
    joined = named.left_join(owned, named.service == owned.owned)
    return sql(
        joined.select(
            "service", team=ibis.coalesce(joined.team, ""), domain=ibis.coalesce(joined.domain, "")
        )
    )
