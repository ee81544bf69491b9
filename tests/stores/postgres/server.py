"""A PostgreSQL server of its own for tests: a temporary directory, loopback and a socket only, gone afterwards.

PostgreSQL refuses to run as root, so the server runs as another user then. ``missing`` says why there can be none.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

_VERSIONS = "/usr/lib/postgresql"
_OTHERS = ("postgres", "nobody")
_START_S = 60.0


def _programs() -> Path | None:
    """Directory of the newest server on this machine."""
    found = [p.parent for p in Path(_VERSIONS).glob("*/bin/postgres")]
    if not found and (path := shutil.which("postgres")):
        found = [Path(path).resolve().parent]
    return max(found, key=lambda p: p.parent.name, default=None)


def missing() -> str:
    """Why no server can be started; empty where one can."""
    programs = _programs()
    if programs is None:
        return "no PostgreSQL server on this machine (Debian: postgresql-15)"
    asked = subprocess.run([programs / "pg_config", "--sharedir"], capture_output=True, text=True, check=False)
    if not (Path(asked.stdout.strip()) / "extension" / "postgis.control").exists():
        return "PostgreSQL without PostGIS (Debian: postgresql-15-postgis-3)"
    if os.geteuid() == 0 and not _other():
        return f"PostgreSQL does not run as root, and there is no user {' or '.join(_OTHERS)}"
    return ""


def _other() -> str:
    for name in _OTHERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    return ""


def _free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


class Server:
    """One server. ``start`` waits until it answers; ``kill`` is SIGKILL to all its processes, as by power loss."""

    def __init__(self, options: dict[str, str] | None = None) -> None:
        programs = _programs()
        assert programs is not None, missing()
        self.programs = programs
        self.port = _free_port()
        self.place = Path(tempfile.mkdtemp(prefix="kizuna-postgres-"))
        self._options = options or {}
        self._as: dict = {}
        if os.geteuid() == 0:
            who = pwd.getpwnam(_other())
            self._as = {"user": who.pw_uid, "group": who.pw_gid, "extra_groups": []}
            os.chown(self.place, who.pw_uid, who.pw_gid)
        self._process: subprocess.Popen | None = None
        self._run("initdb", "-D", self.data, "-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        rules = "local all owner trust\nhost all owner 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (self.data / "pg_hba.conf").write_text(rules)

    @property
    def data(self) -> Path:
        return self.place / "data"

    def dsn(self, database: str = "postgres", user: str = "owner") -> str:
        """Connection string."""
        return f"host=127.0.0.1 port={self.port} dbname={database} user={user}"

    def start(self) -> Server:
        options = {
            "port": str(self.port), "listen_addresses": "127.0.0.1", "unix_socket_directories": str(self.place),
            "max_wal_size": "4GB", "log_min_messages": "fatal", **self._options,
        }  # fmt: skip
        args = [part for k, v in options.items() for part in ("-c", f"{k}={v}")]
        log = (self.place / "log").open("ab")
        self._process = subprocess.Popen(
            [self.programs / "postgres", "-D", self.data, *args], stdout=log, stderr=log, cwd="/", start_new_session=True,
            **self._as,
        )  # fmt: skip
        log.close()
        until = time.monotonic() + _START_S
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.place / "log").read_text()[-2000:])
            time.sleep(0.05)
        return self

    def answers(self) -> bool:
        asked = [self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), "-d", "postgres"]
        return subprocess.run(asked, check=False).returncode == 0

    def sql(self, text: str, database: str = "postgres") -> str:
        """What psql answers to some statements, one row a line."""
        return self._run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), "-c", text)

    def new_database(self, name: str) -> str:
        """Connection string of a new database with PostGIS."""
        self.sql(f"CREATE DATABASE {name}")
        self.sql("CREATE EXTENSION postgis", name)
        return self.dsn(name)

    def cpu_s(self) -> float:
        """CPU time of the server and of its children that live, s."""
        assert self._process is not None
        ticks = 0
        for path in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                fields = path.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == self._process.pid or path.parent.name == str(self._process.pid):
                    ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self) -> None:
        """Stop in order; clients are cut off."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)
        self._process = None

    def kill(self) -> None:
        """SIGKILL to the server; its children end by themselves when they see it is gone."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(60)
        self._process = None

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.place, ignore_errors=True)

    def load(self, script: str, database: str) -> None:
        """Run a script of psql, such as a dump."""
        self._run("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.dsn(database), given=script)

    def dump(self, schema: str, database: str) -> str:
        """The script of pg_dump."""
        return self._run("pg_dump", f"--schema={schema}", "-d", self.dsn(database))

    def _run(self, program: str, *args: object, given: str = "") -> str:
        done = subprocess.run(
            [self.programs / program, *map(str, args)], capture_output=True, text=True, check=False, cwd="/",
            input=given, **self._as,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr[-2000:]}")
        return done.stdout
