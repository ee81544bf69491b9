"""The CISE services of two parties, and the key that signs here.

Every context has ids of its own: ``north.vesselservice.push.provider`` in real life,
``north.exercise-n1.vesselservice.push.provider`` in an exercise, so that no message of one is read at the other. The
node signs with ``keys/share/cise.key`` and ``cise.crt`` where an authority gave them, else with its own ``node.key``.
"""

from __future__ import annotations

from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from kizuna.base.errors import ConfigError
from kizuna.formats import cise
from kizuna.formats.cise.messages import Role
from kizuna.node.share.files import Places, key_file
from kizuna.records import context as contexts


def service(party: str, service_type: str, context: str, role: Role = "Provider") -> cise.Service:
    """The service of a party for one kind of entity in one context."""
    where = "" if contexts.is_real(context) else f".{context.replace(':', '-')}"
    name = f"{party}{where}.{service_type.lower()}.push.{role.lower()}"
    return cise.Service(name, service_type, "Push", role, context)


def signer(places: Places, key: Path | None = None, certificate: Path | None = None) -> cise.Signer:
    """Who signs: the files given, else the node's own. Raises ConfigError where they are not in order."""
    own = "cise" if (places.keys / "cise.key").exists() else "node"
    key, certificate = key or places.keys / f"{own}.key", certificate or places.keys / f"{own}.crt"
    key_pem, certificate_pem = key_file(key).data, key_file(certificate).data
    try:
        private = load_pem_private_key(key_pem, None)
        public = x509.load_pem_x509_certificate(certificate_pem).public_key()
    except (ValueError, TypeError) as exc:
        raise ConfigError("the key or certificate for CISE does not read", where=str(key), hint="PEM") from exc
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != public.public_bytes(*form):
        raise ConfigError("the certificate is of another key", where=str(certificate))
    if not isinstance(private, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise ConfigError("CISE is signed with RSA or an elliptic curve", where=str(key))
    return cise.Signer(key_pem, certificate_pem, "RSA" if isinstance(private, rsa.RSAPrivateKey) else "ECDSA")
