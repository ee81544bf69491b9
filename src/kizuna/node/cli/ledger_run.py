"""What the commands about ledgers do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from kizuna.node.cli import output
from kizuna.node.cli.share_open import opened, when


def show(home: Path, partner: str, log: str, after: int, most: int, *, as_json: bool) -> None:
    """Logs, or rows of one."""
    with output.plain_errors():
        from kizuna.base.errors import InputError  # noqa: PLC0415
        from kizuna.records.record import decode  # noqa: PLC0415

        with opened(home) as sharing:
            if log:
                rows: list[dict[str, Any]] = []
                for e in sharing.shared.logs.entries(log, after, most=most, max_bytes=64 << 20):
                    row: dict[str, Any] = {"n": e.n, "record": e.id, "kind": "", "subject": [], "observed_ms": None,
                                           "aside": e.aside}  # fmt: skip
                    try:
                        if e.data is not None and e.aside is None:
                            r = decode(e.data)
                            row |= {"kind": r.kind, "subject": list(r.subject), "observed_ms": r.observed_ms}
                    except InputError as exc:
                        row["aside"] = str(exc)
                    rows.append(row)
            else:
                rows = [{"log": s.name, "side": s.side, "size": s.size, "signed": s.head_size, "halted": s.halted,
                         "receipts": {w: a.size for w, a in sharing.shared.outbox.acks(s.name).items()}}
                        for s in sharing.shared.logs.all() if not partner or partner in s.name.split("/")]  # fmt: skip
        if as_json:
            output.emit({"rows": rows})
        elif log:
            for x in rows:
                aside = f"  SET ASIDE: {x['aside']}" if x["aside"] else ""
                sys.stdout.write(f"{x['n']:>8}  {x['record'] or 'erased':<64}  {when(x['observed_ms'])}  {x['kind']} "
                                 f"{' '.join(x['subject'])}{aside}\n")  # fmt: skip
        else:
            if not rows:
                sys.stdout.write(f"no logs{f' with {partner}' if partner else ''}: nothing was told or received\n")
            for x in rows:
                acks = ", ".join(f"{w} {n:,}" for w, n in x["receipts"].items()) or "none"
                halted = f"  HALTED: {x['halted']}" if x["halted"] else ""
                sys.stdout.write(f"{x['side']:<4}{x['log']:<56} {x['size']:>9,}, signed {x['signed']:,}, "
                                 f"receipts: {acks}{halted}\n")  # fmt: skip


def verify(home: Path, *, as_json: bool) -> None:
    """All of them."""
    with output.plain_errors():
        from kizuna.node.share import ledgers  # noqa: PLC0415

        with opened(home) as sharing:
            states = sharing.shared.logs.all()
            wrong = ledgers.verify(sharing)
            decisions = sharing.shared.decisions.head()[0]
        counts = {"logs": len(states), "records": sum(s.size for s in states), "decisions": decisions}
        if as_json:
            output.emit({**counts, "whole": not wrong, "wrong": wrong})
        else:
            sys.stdout.write(f"{counts['logs']} logs, {counts['records']:,} records, {decisions:,} rows of decisions: "
                             f"{'NOT WHOLE' if wrong else 'whole'}\n")  # fmt: skip
            for words in wrong:
                sys.stdout.write(f"! {words}\n")
    raise SystemExit(output.FINDINGS if wrong else output.OK)


def prove(home: Path, record: str, out: Path, *, as_json: bool) -> None:
    """Record, proofs, and the keys that check them, as files."""
    with output.plain_errors():
        from kizuna.node.share import ledgers  # noqa: PLC0415
        from kizuna.node.share.files import put  # noqa: PLC0415

        with opened(home) as sharing:
            found = ledgers.prove(sharing, record)
            held = sharing.shared.records.get(record)
            keys = {log: ledgers.verifier_keys(sharing, log) for log, _, _ in found}
        files = []
        if held is not None and held.data is not None:
            put(out / f"{record}.json", held.data)
            files.append(str(out / f"{record}.json"))
        for log, n, proof in found:
            put(out / ledgers.file_name(log, n), proof)
            keyed = ledgers.file_name(log, n).with_suffix(".vkey")
            put(out / keyed, "".join(f"{key}\n" for key in keys[log]).encode())
            files += [str(out / ledgers.file_name(log, n)), str(out / keyed)]
        if as_json:
            output.emit({"record": record, "files": files, "keys": keys})
        else:
            sys.stdout.write("\n".join(files) + "\n")
