"""Logging in through an identity provider: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636).

The provider says who somebody is; what they may do is decided here: a user made beforehand with that subject, or, where
the settings map a claim to roles, a user made at the first login. The answer is bound to the browser that began by a
cookie, to the request by ``state``, ``nonce`` and the code verifier; signatures are checked with asymmetric algorithms
only, against the keys that the provider publishes. The provider is asked over TLS, on loopback also without.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from kizuna.base.errors import ConfigError, InputError, TrustError, UnavailableError
from kizuna.node.api.serve import is_loopback
from kizuna.node.desk.people import People, User
from kizuna.node.desk.rules import ADMINISTRATOR, ANALYST, RELEASE_OFFICER, ROLES, VIEWER

_ALGORITHMS: Final = ["RS256", "PS256", "ES256", "ES384", "EdDSA"]
_WAIT_S: Final = 600
"""Somebody has so long to log in at the provider."""
_WAITING_MOST: Final = 20_000
"""Logins that were begun; the oldest give way, so that nobody keeps others out by beginning many."""
_KEPT_S: Final = 3600
_TIMEOUT_S: Final = 10
_STRONGEST_FIRST: Final = (ADMINISTRATOR, ANALYST, RELEASE_OFFICER, VIEWER)
_BYTES_MOST: Final = 1 << 20
_CLOCKS_S: Final = 60


@dataclass(frozen=True, slots=True)
class Oidc:
    """Settings.

    Attributes:
        issuer: address of the provider, as it names itself.
        client_id, client_secret: as the provider gave them; the secret may be empty for a public client.
        back: our own address for the answer, ``https://.../api/oidc/end``.
        title: words on the button of the login page.
        role_claim: claim of the id token that says what somebody belongs to, a text or a list.
        roles: value of that claim to our role; empty makes nobody a user who was not made one before.
        scope: what is asked for.
    """

    issuer: str
    client_id: str
    back: str
    client_secret: str = field(default="", repr=False)
    title: str = "Log in with your organisation"
    role_claim: str = "groups"
    roles: Mapping[str, str] = field(default_factory=dict)
    scope: str = "openid profile"

    def __post_init__(self) -> None:
        """Refuse what cannot be safe or right."""
        for name, address in (("issuer", self.issuer), ("back", self.back)):
            parts = urllib.parse.urlsplit(address)
            if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
                raise ConfigError(f"{address!r}", where=f"[oidc] {name}", hint="an https:// address")
        for role in self.roles.values():
            if role not in ROLES:
                raise ConfigError(f"{role!r}", where="[oidc] roles", hint=f"one of {', '.join(ROLES)}")


@dataclass(frozen=True, slots=True)
class _Begun:
    nonce: str
    verifier: str
    binding: str
    next: str
    at_s: float


class Provider:
    """Talks to one provider. Methods block; they are called on threads."""

    def __init__(self, settings: Oidc) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._begun: dict[str, _Begun] = {}
        self._about: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def begin(self, next_path: str) -> tuple[str, str]:
        """Where to send the browser, and what to bind it by (for its cookie)."""
        about = self._discover()
        state, nonce, verifier, binding = (secrets.token_urlsafe(32) for _ in range(4))
        with self._lock:
            now = time.monotonic()
            while self._begun:  # in the order in which they were begun
                oldest, begun = next(iter(self._begun.items()))
                if len(self._begun) < _WAITING_MOST and now - begun.at_s < _WAIT_S:
                    break
                del self._begun[oldest]
            self._begun[state] = _Begun(nonce, verifier, binding, next_path, now)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = urllib.parse.urlencode({
            "response_type": "code", "client_id": self._settings.client_id, "redirect_uri": self._settings.back,
            "scope": self._settings.scope, "state": state, "nonce": nonce, "code_challenge": challenge,
            "code_challenge_method": "S256",
        })  # fmt: skip
        at = str(about["authorization_endpoint"])
        return f"{at}{'&' if '?' in at else '?'}{asked}", binding

    def end(self, asked: Mapping[str, str], binding: str) -> tuple[dict[str, Any], str]:
        """Claims of the one who logged in, and where they wanted to go. Raises TrustError for whatever does not fit."""
        with self._lock:
            begun = self._begun.pop(asked.get("state", ""), None)
        if begun is None or time.monotonic() - begun.at_s >= _WAIT_S:
            raise TrustError("this login was not begun here, or too long ago")
        if not binding or not secrets.compare_digest(begun.binding, binding):
            raise TrustError("this login was begun in another browser")
        if asked.get("iss", self._settings.issuer) != self._settings.issuer:  # RFC 9207
            raise TrustError("the answer comes from another provider")
        if "code" not in asked:
            raise TrustError(f"the provider refused: {asked.get('error', 'no code')[:100]}")
        return self._claims(self._token(asked["code"], begun.verifier), begun.nonce), begun.next

    def _token(self, code: str, verifier: str) -> str:
        body = {"grant_type": "authorization_code", "code": code, "redirect_uri": self._settings.back,
                "code_verifier": verifier, "client_id": self._settings.client_id}  # fmt: skip
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self._settings.client_secret:
            pair = ":".join(urllib.parse.quote(p, safe="") for p in
                            (self._settings.client_id, self._settings.client_secret))  # fmt: skip
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        found = self._ask(str(self._discover()["token_endpoint"]), urllib.parse.urlencode(body).encode(), headers)
        if not isinstance(found.get("id_token"), str):
            raise TrustError("the provider gave no id token")
        return str(found["id_token"])

    def _claims(self, token: str, nonce: str) -> dict[str, Any]:
        """OpenID Connect Core 3.1.3.7."""
        client = self._settings.client_id
        rules = jwt.JWTClaimsRegistry(
            leeway=_CLOCKS_S, iss={"essential": True, "value": self._settings.issuer},
            aud={"essential": True, "value": client}, sub={"essential": True}, exp={"essential": True},
            iat={"essential": True}, nonce={"essential": True, "value": nonce},
        )  # fmt: skip
        for fresh in (False, True):  # keys change; they are asked for once more before a token is refused
            try:
                claims = dict(jwt.decode(token, self._key_set(fresh=fresh), algorithms=_ALGORITHMS).claims)
            except (JoseError, ValueError) as exc:
                if fresh:
                    raise TrustError(f"the id token cannot be trusted: {exc}") from exc
            else:
                break
        try:
            rules.validate(claims)
        except JoseError as exc:
            raise TrustError(f"the id token does not hold: {exc}") from exc
        if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != client:
            raise TrustError("the id token is for somebody else")
        return claims

    def _discover(self) -> dict[str, Any]:
        if self._about is None or time.monotonic() - self._about[0] > _KEPT_S:
            about = self._ask(self._settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
            if about.get("issuer") != self._settings.issuer:
                raise TrustError("the provider names itself otherwise than the settings do")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_safe(about.get(name)):
                    raise TrustError(f"the provider's {name} is no https:// address")
            self._about = time.monotonic(), about
        return self._about[1]

    def _key_set(self, *, fresh: bool) -> KeySet:
        if self._keys is None or fresh or time.monotonic() - self._keys[0] > _KEPT_S:
            found: Any = self._ask(str(self._discover()["jwks_uri"]))
            self._keys = time.monotonic(), KeySet.import_key_set(found)
        return self._keys[1]

    def _ask(self, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        if not _is_safe(url):
            raise TrustError(f"{url[:100]!r} is no https:// address")
        request = urllib.request.Request(url, body, {"Accept": "application/json", **(headers or {})})  # noqa: S310
        try:
            with _OPENER.open(request, timeout=_TIMEOUT_S) as answer:
                found = json.loads(answer.read(_BYTES_MOST))
        except urllib.error.HTTPError as exc:
            raise TrustError(f"the identity provider answered {exc.code}") from exc
        except (OSError, ValueError) as exc:
            raise UnavailableError(f"the identity provider does not answer: {exc}") from exc
        if not isinstance(found, dict):
            raise TrustError("the identity provider answered something else than an object")
        return found


class _NoTurns(urllib.request.HTTPRedirectHandler):
    """A provider's own endpoints do not send us elsewhere, least of all with a secret in hand."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        """Follow nothing."""


_OPENER: Final = urllib.request.build_opener(_NoTurns)


def _is_safe(url: object) -> bool:
    parts = urllib.parse.urlsplit(url if isinstance(url, str) else "")
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))


def user_of(claims: Mapping[str, Any], settings: Oidc, people: People) -> User | None:
    """The user of an identity, made where the settings say so; None for somebody who is none here.

    Where roles are mapped the provider's word holds at every login: a changed group changes the role.
    """
    subject = f"{settings.issuer}|{claims['sub']}"
    said = claims.get(settings.role_claim, [])
    values = (
        [said] if isinstance(said, str) else [v for v in said if isinstance(v, str)] if isinstance(said, list) else []
    )
    mapped = {settings.roles[v] for v in values if v in settings.roles}
    given = [role for role in _STRONGEST_FIRST if role in mapped]
    user = people.of_subject(subject)
    if user is not None:
        if settings.roles and not given:
            return None
        if given and user.role != given[0]:
            people.change(user, role=given[0])
        found = people.of_subject(subject)
        return None if found is None or found.disabled else found
    if not given:
        return None
    name = "".join(c if c.isalnum() or c in ".@+-_" else "-" for c in str(claims.get("preferred_username") or ""))[:64]
    other = f"user-{hashlib.sha256(subject.encode()).hexdigest()[:8]}"
    try:
        return people.add(name or other, given[0], None, subject=subject)
    except InputError:  # the name is somebody else's here, or none that we take
        return people.add(other, given[0], None, subject=subject)
