"""Commands about outward feeds: feed relay."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

feed_app = typer.Typer(help="Outward feeds of a node.", no_args_is_help=True)


@feed_app.command("relay")
def relay(
    url: Annotated[str, typer.Argument(metavar="URL", help="https://NODE:PORT/feeds/live/nmea or .../cot.")],
    token_file: Annotated[Path, typer.Option("--token-file", help="File (mode 600) with the token.")],
    ca: Annotated[
        Path | None, typer.Option("--ca", help="The node's certificate, where nobody vouches for it.")
    ] = None,
    listen: Annotated[str, typer.Option("--listen", help="Where plotters connect: an address of this machine.")] = (
        "127.0.0.1:10110"
    ),
) -> None:
    """Give a node's outward stream to plotters and TAK clients on this machine, over plain TCP."""
    from kizuna.node.cli import output  # noqa: PLC0415

    with output.plain_errors():
        import asyncio  # noqa: PLC0415

        from kizuna.base.errors import ConfigError, because  # noqa: PLC0415
        from kizuna.node.relay import Feed, Relay  # noqa: PLC0415

        try:
            if token_file.stat().st_mode & 0o077:
                raise ConfigError("others may read it", where=str(token_file), hint=f"chmod 600 {token_file}")
            token = token_file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as exc:
            raise ConfigError(f"cannot be read: {because(exc)}", where=str(token_file)) from exc
        host, _, port = listen.rpartition(":")
        if not (port.isdigit() and 0 < int(port) < 1 << 16):
            raise ConfigError(f"{listen!r} is no address", where="--listen", hint="127.0.0.1:10110")
        one = Relay(Feed(url, token, ca), output.say)

        async def run() -> None:
            server = await one.serve(host, int(port))
            output.say(f"plotters connect to {listen}")
            async with server:
                await one.run()

        try:
            asyncio.run(run())
        except KeyboardInterrupt:
            output.say(f"{one.lines:,} lines were passed on")


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(feed_app, name="feed")
