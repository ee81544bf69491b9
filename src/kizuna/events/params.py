"""All settings of a run from one TOML text: how tracks are built and what counts as an event.

One section per module, one key per field of its ``Params``. An unknown section or key, a value of the wrong type or out
of range is a ConfigError that names file, key and what is allowed. What is not given has its default.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, get_type_hints

from kizuna.base.errors import ConfigError, InputError
from kizuna.events import alerts, encounters, gaps, loitering, port_visits, zone_visits
from kizuna.places.anchorages import AnchorageParams
from kizuna.tracks import identity, resample, segment, stops


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """Settings of all stages; each field is the TOML section of that name."""

    segment: segment.Params = dataclasses.field(default_factory=segment.Params)
    identity: identity.Params = dataclasses.field(default_factory=identity.Params)
    stops: stops.Params = dataclasses.field(default_factory=stops.Params)
    anchorages: AnchorageParams = dataclasses.field(default_factory=AnchorageParams)
    resample: resample.Params = dataclasses.field(default_factory=resample.Params)
    gaps: gaps.Params = dataclasses.field(default_factory=gaps.Params)
    encounters: encounters.Params = dataclasses.field(default_factory=encounters.Params)
    loitering: loitering.Params = dataclasses.field(default_factory=loitering.Params)
    zone_visits: zone_visits.Params = dataclasses.field(default_factory=zone_visits.Params)
    port_visits: port_visits.Params = dataclasses.field(default_factory=port_visits.Params)
    alerts: alerts.Params = dataclasses.field(default_factory=alerts.Params)


SECTIONS: Final[Mapping[str, type[Any]]] = MappingProxyType(get_type_hints(Settings))
"""Section of the TOML text to the class that declares its keys."""


def read(text: str, where: str = "parameters") -> Settings:
    """Settings from a TOML text; ``where`` names the file in errors. Raises ConfigError."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"not TOML: {exc}", where=where) from exc
    return from_values(document, where)


def from_values(document: Mapping[str, Mapping[str, Any]], where: str = "parameters") -> Settings:
    """Settings from nested values, section by section. Raises ConfigError as ``read``."""
    _only(document, tuple(SECTIONS), where, "section")
    return Settings(**{name: section(SECTIONS[name], name, values, where) for name, values in document.items()})


def as_dict(settings: Settings) -> dict[str, dict[str, Any]]:
    """All values, for the record of a run."""
    return dataclasses.asdict(settings)


def _only(given: Mapping[str, Any], allowed: tuple[str, ...], where: str, what: str) -> None:
    for key in given:
        if key not in allowed:
            raise ConfigError(f"unknown {what} {key!r}", where=where, hint=f"allowed: {', '.join(allowed)}")


def section(kind: type[Any], name: str, values: Any, where: str) -> Any:
    """One section as the class that declares its keys. Raises ConfigError as ``read``."""
    if not isinstance(values, dict):
        raise ConfigError("is a section, not a value", where=f"{where} {name}", hint=f"write [{name}], its keys below")
    types = get_type_hints(kind)
    _only(values, tuple(f.name for f in dataclasses.fields(kind)), f"{where} [{name}]", "key")
    typed = {key: _typed(value, types[key], f"{where} [{name}] {key}") for key, value in values.items()}
    try:
        return kind(**typed)
    except ConfigError as exc:
        raise ConfigError(exc.message, where=f"{where} {exc.where}", hint=exc.hint) from exc
    except InputError as exc:
        allowed = f"allowed: {exc.hint}" if exc.hint else ""
        raise ConfigError(exc.message, where=f"{where} [{name}]", hint=allowed) from exc


def _typed(value: Any, kind: type[Any], where: str) -> Any:
    """The value as the declared type; a whole number is fine where a decimal one is asked for."""
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is kind:
        return value
    names = {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}
    raise ConfigError(f"{value!r} is not {names[kind]}", where=where, hint=f"allowed: {names[kind]}")
