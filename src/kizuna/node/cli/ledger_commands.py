"""Commands about the ledgers: what was told and received, whether it is whole, and proof of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kizuna.node.cli.choices import record_id
from kizuna.node.cli.share_open import AsJson, Home

ledger_app = typer.Typer(help="Ledgers of what was told and received.", no_args_is_help=True)

Record = Annotated[
    str, typer.Argument(metavar="RECORD", help="Id of the record, 64 hexadecimal digits.", parser=record_id)
]


@ledger_app.command("show")
def show(
    home: Home, partner: Annotated[str, typer.Option("--partner", help="Only logs with this partner.")] = "",
    log: Annotated[str, typer.Option("--log", help="Rows of this log; without it the logs themselves.")] = "",
    after: Annotated[int, typer.Option("--after", min=0, help="From this number on.")] = 0,
    most: Annotated[int, typer.Option("--most", min=1, max=10_000, help="So many rows.")] = 50, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Logs with their sizes and receipts, or the rows of one."""
    from kizuna.node.cli import ledger_run  # noqa: PLC0415

    ledger_run.show(home, partner, log, after, most, as_json=as_json)


@ledger_app.command("verify")
def verify(home: Home, as_json: AsJson = False) -> None:
    """Check every row, node, head, receipt and decision. Exit code 3: something is not as it was written."""
    from kizuna.node.cli import ledger_run  # noqa: PLC0415

    ledger_run.verify(home, as_json=as_json)


@ledger_app.command("prove")
def prove(
    home: Home, record: Record,
    out: Annotated[Path, typer.Option("--out", "-o", help="Directory for the record and its proofs.")] = Path(),
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Write a record with a proof (C2SP tlog-proof) for each log that it was told in, and the keys to check it with."""
    from kizuna.node.cli import ledger_run  # noqa: PLC0415

    ledger_run.prove(home, record, out, as_json=as_json)


def add_to(app: typer.Typer) -> None:
    """Hang the commands into the program."""
    app.add_typer(ledger_app, name="ledger")
