"""The store of certificate authorities, against the one that Java's own keytool makes."""

from pathlib import Path

import pytest

from toolchain.bazel import truststore

PEM = """-----BEGIN CERTIFICATE-----
MIHzMIGmoAMCAQICAQEwBQYDK2VwMBkxFzAVBgNVBAMMDmNhLmV4YW1wbGUuY29t
MB4XDTI2MDEwMTAwMDAwMFoXDTM2MDEwMTAwMDAwMFowGTEXMBUGA1UEAwwOY2Eu
ZXhhbXBsZS5jb20wKjAFBgMrZXADIQCKiOPddAnxlf1S2y08ul1yymcJvx2UEhvz
dIgBtA9vXKMTMBEwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXADQQBCDNg0Ut8o39e+
3J+FDDo6uRYrh9O14fuOqSOACF9X3ln9xLz2DpAJ6UXOn1+s6vF+mkowXY2ZMClW
S5YTe+MI
-----END CERTIFICATE-----
"""
# keytool -importcert -noprompt -alias authority-0 -file PEM -storetype JKS -storepass changeit
KEYTOOL = bytes.fromhex(
    "feedfeed000000020000000100000002000b617574686f726974792d30000001a20a4c7263"
    "0005582e353039000000f63081f33081a6a003020102020101300506032b65703019311730"
    "1506035504030c0e63612e6578616d706c652e636f6d301e170d3236303130313030303030"
    "305a170d3336303130313030303030305a3019311730150603"
    "5504030c0e63612e6578616d706c652e636f6d302a300506032b65700321008a88e3dd7409"
    "f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5ca3133011300f0603551d13"
    "0101ff040530030101ff300506032b6570034100420cd83452df28dfd7bedc9f850c3a3ab9"
    "162b87d3b5e1fb8ea92380085f57de59fdc4bcf60e9009e945ce9f5faceaf17e9a4a305d8d"
    "993029564b96137be308016569fe0d85660bb3816b7e1a619fea96a09f5e"
)
DATE = slice(29, 37)  # when keytool was run; the store made here has no date
CHECKSUM = 20


def test_like_keytool():
    """The store of a certificate is keytool's, byte for byte, but for the date."""
    body = bytearray(KEYTOOL[:-CHECKSUM])
    body[DATE] = bytes(8)
    assert truststore.from_pem(PEM) == truststore.seal(bytes(body))


def test_checksum_like_keytool():
    """The checksum that ends a store is the one that keytool gives the same bytes."""
    assert truststore.seal(KEYTOOL[:-CHECKSUM]) == KEYTOOL


def test_every_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """All certificates of the machine's bundle are in the store, text between them is not."""
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(f"# first\n{PEM}\n# second\n{PEM}")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    made = truststore.of_this_machine()
    assert int.from_bytes(made[8:12]) == 2
    assert made.count(b"ca.example.com") == 4
    assert b"second" not in made


def test_no_bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A machine without authorities gets no store, rather than an empty one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none"))
    assert truststore.of_this_machine() == b""
