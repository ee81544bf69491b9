"""A certificate that the node makes for itself, so that TLS is on from the first start.

Nobody vouches for it: whoever connects compares the SHA-256 fingerprint that the node prints with the one that the
browser shows, once. An organisation with its own authority puts its own two files in place.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kizuna.base.errors import ConfigError

DAYS: int = 825
"""The most that browsers accept of a server's certificate."""


class Certificate(NamedTuple):
    """Paths of certificate and key (PEM), and the fingerprint to compare."""

    cert: Path
    key: Path
    fingerprint: str


def make_certificate(directory: Path, hosts: Sequence[str], now: dt.datetime) -> Certificate:
    """Write ``node.crt`` and ``node.key`` (mode 600, P-256) for these host names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, (hosts[0] if hosts else "kizuna")[:64])])
    usage = x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False,
                          data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
                          encipher_only=False, decipher_only=False)  # fmt: skip
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([_general(h) for h in hosts or ("localhost",)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    directory.mkdir(parents=True, exist_ok=True)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                serialization.NoEncryption())  # fmt: skip
    _write(directory / "node.key", private, 0o600)
    _write(directory / "node.crt", cert.public_bytes(serialization.Encoding.PEM), 0o644)
    return read_certificate(directory / "node.crt", directory / "node.key")


def _general(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, data: bytes, mode: int) -> None:
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)


def read_certificate(cert: Path, key: Path) -> Certificate:
    """Check that both files are there and belong together. Raises ConfigError, saying which file."""
    try:
        found = x509.load_pem_x509_certificate(cert.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), None)
    except OSError as exc:
        raise ConfigError(f"cannot be read: {exc.strerror}", where=str(exc.filename)) from exc
    except (ValueError, TypeError) as exc:
        raise ConfigError(f"is no PEM file that can be used: {exc}", where=f"{cert} or {key}") from exc
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != found.public_key().public_bytes(*form):
        raise ConfigError("the certificate does not belong to this key", where=str(cert))
    digest = found.fingerprint(hashes.SHA256()).hex().upper()
    return Certificate(cert, key, ":".join(digest[i : i + 2] for i in range(0, len(digest), 2)))
