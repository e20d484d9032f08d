"""The machine's certificate authorities in Java's own format, for downloads over TLS.

Debian's Java reads a store that another package makes when it is installed; here nothing is
installed. Format: Java KeyStore (JKS), version 2, as java.security's provider SUN reads it.
"""

import hashlib
import os
import re
import ssl
import struct
from pathlib import Path

BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
MAGIC, VERSION, TRUSTED = 0xFEEDFEED, 2, 2
PASSWORD = "changeit"  # noqa: S105 - Java's documented default; guards against nothing
SALT = b"Mighty Aphrodite"


def bundle() -> Path:
    """Return where this machine's authorities are in PEM; $SSL_CERT_FILE goes first."""
    return Path(os.environ.get("SSL_CERT_FILE") or BUNDLE)


def of_this_machine() -> bytes:
    """Return a store of this machine's authorities; empty where it has none."""
    try:
        return from_pem(bundle().read_text(encoding="utf-8"))
    except OSError:
        return b""


def from_pem(text: str) -> bytes:
    """Return a store that trusts every certificate in `text`, in its order."""
    certificates = [ssl.PEM_cert_to_DER_cert(pem) for pem in CERTIFICATE.findall(text)]
    body = struct.pack(">III", MAGIC, VERSION, len(certificates))
    for number, certificate in enumerate(certificates):
        body += struct.pack(">I", TRUSTED) + _utf(f"authority-{number}") + struct.pack(">Q", 0)
        body += _utf("X.509") + struct.pack(">I", len(certificate)) + certificate
    return seal(body)


def seal(body: bytes) -> bytes:
    """Return a store's `body` with the checksum that ends every store."""
    return body + hashlib.sha1(PASSWORD.encode("utf-16-be") + SALT + body).digest()  # noqa: S324


def _utf(text: str) -> bytes:
    return struct.pack(">H", len(text)) + text.encode()
