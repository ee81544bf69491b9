"""A person at a running node: what the node itself must do is asked of it, over its own page's door.

The certificate is the one that lies in the node's directory; no other is taken. Who types the password is who does it.
"""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from kizuna.base.errors import InputError, UnavailableError
from kizuna.node.cli import output
from kizuna.node.service.node_file import read_node_file
from kizuna.node.service.running import certificate_paths
from kizuna.node.service.status import read_status

_WAIT_S: Final = 30.0
_ANSWER_MOST: Final = 32 << 20
_ANY: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  addresses that a node may listen on
_TOO_MANY, _FORBIDDEN, _UNKNOWN = 429, 403, 401


class AtNode:
    """One login at a node that runs on this machine; ends with the block."""

    def __init__(self, home: Path, name: str, password: str) -> None:
        """Raises UnavailableError where the node does not run; a wrong password ends the command with code 4."""
        config = read_node_file(home / "node.toml")
        if read_status(home)["state"] != "running":
            raise UnavailableError("the node does not run, and only the running node may do this", where=str(home),
                                   hint=f"kizuna node run {home}")  # fmt: skip
        listen = config.listen
        host = _ANY.get(listen.host, listen.host)
        self._host = f"{listen.names[0] if listen.names else host}:{listen.port}"
        if listen.tls:
            certificate, _ = certificate_paths(config)
            trust = ssl.create_default_context(cafile=str(certificate))
            trust.check_hostname = False  # this very certificate and no other is taken, under whatever name
            trust.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
            self._line: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, listen.port, timeout=_WAIT_S, context=trust
            )
        else:
            self._line = http.client.HTTPConnection(host, listen.port, timeout=_WAIT_S)
        self._cookie = ""
        self.post("/api/login", {"user": name, "password": password})

    def post(self, path: str, body: Any) -> Any:
        """What the node answers to a change. A refusal ends the command with code 4 and names the rule."""
        headers = {"content-type": "application/json", "X-Kizuna": "1", "Host": self._host}
        if self._cookie:
            headers["Cookie"] = self._cookie
        try:
            self._line.request("POST", path, json.dumps(body).encode(), headers)
            answer = self._line.getresponse()
            data = answer.read(_ANSWER_MOST)
            found = json.loads(data) if data else {}
        except (OSError, http.client.HTTPException, ValueError) as exc:
            raise UnavailableError(f"the node does not answer: {exc}", where=self._host, hint="try again") from exc
        cookie = answer.getheader("set-cookie")
        if cookie:
            self._cookie = cookie.partition(";")[0]
        if answer.status < http.client.BAD_REQUEST:
            return found
        if answer.status in (_FORBIDDEN, _UNKNOWN, _TOO_MANY):
            said = found.get("facts", {})
            rule, hint = said.get("rule", found.get("code", "")), said.get("hint", "")
            why = said.get("why") or found.get("detail", "")
            output.fail(f"refused by {rule}: {why}" + (f" ({hint})" if hint else ""), output.REFUSED)
        raise InputError(str(found.get("detail") or found.get("title") or answer.reason))

    def __enter__(self) -> Self:
        """Log out with the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        try:
            if kind is None:
                self.post("/api/logout", {})
        finally:
            self._line.close()
