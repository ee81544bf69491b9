"""What ``kizuna release export`` and ``import`` do: through the node's own files, safe beside a running node."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from kizuna.base.units import DAY_MS
from kizuna.base.utc import parse
from kizuna.node.cli import output
from kizuna.node.cli.desk_run import desk, tell
from kizuna.node.cli.persons import audited

if TYPE_CHECKING:
    from kizuna.node.share.exchange.inward import Form as FormIn
    from kizuna.node.share.exchange.outward import Form as FormOut


class Wanted(NamedTuple):
    """Which records an export holds: times (ISO 8601, may be empty) and beginnings of kinds."""

    start: str
    end: str
    kinds: tuple[str, ...] = ()


def export(home: Path, partner: str, form: str, wanted: Wanted, out: Path | None,
           signing: tuple[Path | None, Path | None], by: str, *, as_json: bool) -> None:  # fmt: skip
    """Write what a partner was told as a file, or on stdout."""
    from kizuna.node.share import files  # noqa: PLC0415
    from kizuna.node.share.desk.refusal import Refusal  # noqa: PLC0415
    from kizuna.node.share.exchange import outward  # noqa: PLC0415

    if form not in outward.FORMS:
        output.fail(f"no format {form[:20]!r}", output.USAGE)
    with desk(home) as office, output.progress_bar(quiet=as_json) as bar:
        end_ms = parse(wanted.end) if wanted.end else parse(wanted.start) + DAY_MS if wanted.start else 0
        end_ms = end_ms or office.now_ms() + 1
        start_ms = parse(wanted.start) if wanted.start else end_ms - DAY_MS
        wish = outward.Wish(partner, cast("FormOut", form), start_ms, end_ms, wanted.kinds, key=signing[0],
                            certificate=signing[1])  # fmt: skip
        try:
            with files.put_in_pieces(out) as file:
                made = outward.export(office, wish, file, lambda done, total: bar("records", done, total))
        except Refusal as exc:
            audited(home, by, "release.export", f"{partner} {form} refused: {exc.rule}")
            raise
        audited(home, by, "release.export", f"{partner} {form} {made.said}")
        if out is None:
            return
        mute = f"; {made.not_said:,} that {form} has no word for" if made.not_said else ""
        result = {"file": str(out), "records": made.records, "not_said": made.not_said, "bytes": made.size,
                  "context": office.context}  # fmt: skip
        tell(result, f"wrote {out}: {made.records:,} records, {made.size:,} bytes{mute}", as_json=as_json)


def bring(home: Path, file: Path, form: str, origin: str, certificate: Path | None, services: tuple[str, str],
          by: str, *, as_json: bool) -> None:  # fmt: skip
    """Put a file of others into quarantine. Exit code 3 when a part of it was not read."""
    from kizuna.base.errors import ConfigError  # noqa: PLC0415
    from kizuna.node.share.exchange import inward  # noqa: PLC0415

    if form not in ("cise", "cot"):
        output.fail(f"no format {form[:20]!r}", output.USAGE)
    with desk(home) as office:
        try:
            with file.open("rb") as stream:
                data = stream.read(inward.LARGEST + 1)
            pem = certificate.read_bytes() if certificate else b""
        except OSError as exc:
            raise ConfigError(f"cannot be read: {exc.strerror}", where=str(exc.filename)) from exc
        found = inward.bring(office, inward.Sent(data, cast("FormIn", form), origin, pem, *services))
        audited(home, by, "release.import", f"{origin} {form} {found.candidates} candidates in {found.waits}")
        result = {"waits": found.waits, "candidates": found.candidates, "unread": found.unread,
                  "answers": found.answers}  # fmt: skip
        lines = [f"{found.candidates:,} candidates of {origin} wait for a person, in {found.waits:,} parts"]
        lines += [f"not read: {why} ({n:,})" for why, n in found.unread.items()]
        tell(result, "\n".join(lines), as_json=as_json)
    raise SystemExit(output.FINDINGS if found.unread else output.OK)
