import gzip
import hashlib
import io
import os
import stat

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from kizuna.base.errors import ConfigError
from kizuna.links import files
from kizuna.links.files import CHUNK, InputFile, digest_of

DATA = b"".join(b"line %d of a log\n" % i for i in range(100_000))


def zstd(data):
    return zstandard.ZstdCompressor().compress(data)


PACKED = {
    "plain": (DATA, "", DATA),
    "gzip": (gzip.compress(DATA), "gzip", DATA),
    "gzip of several members": (
        gzip.compress(DATA[:1000]) + gzip.compress(b"") + gzip.compress(DATA[1000:]),
        "gzip",
        DATA,
    ),
    "gzip padded with zeros": (gzip.compress(DATA) + bytes(512), "gzip", DATA),
    "zstd": (zstd(DATA), "zstd", DATA),
    "zstd of several frames": (zstd(DATA[:1000]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstd(DATA[1000:]), "zstd", DATA),
    "zstd that begins with a skippable frame": (b"\x5f\x2a\x4d\x18\x03\0\0\0abc" + zstd(DATA), "zstd", DATA),
    "empty": (b"", "", b""),
    "one byte": (b"x", "", b"x"),
}


def read(path):
    with InputFile(str(path)) as file:
        chunks = list(file.chunks())
        assert all(0 < len(c) <= CHUNK for c in chunks)
        return b"".join(chunks), file


@pytest.mark.parametrize("name", PACKED)
def test_packings_are_told_by_their_content(tmp_path, name):
    raw, packing, expected = PACKED[name]
    path = tmp_path / "log.txt"
    path.write_bytes(raw)
    data, file = read(path)
    assert data == expected
    assert (file.packing, file.warning, file.bytes_read, file.size_bytes) == (packing, "", len(raw), len(raw))
    assert file.sha256() == hashlib.sha256(raw).hexdigest() == digest_of(path)


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
@pytest.mark.parametrize("lost", [1, 9, 100])
def test_a_cut_file_gives_its_good_part_and_a_warning(tmp_path, pack, lost):
    noise = os.urandom(300_000).hex().encode()
    raw = pack(noise)[:-lost]
    (tmp_path / "log").write_bytes(raw)
    data, file = read(tmp_path / "log")
    assert noise.startswith(data)
    assert len(data) > len(noise) - 300_000  # a zstd block of 128 KB comes out whole or not at all
    assert "ends" in file.warning
    assert "everything before it was used" in file.warning
    assert file.sha256() == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_damage_after_good_data_is_a_warning_and_the_digest_names_the_whole_file(tmp_path, pack):
    raw = pack(DATA) + b"rubbish" * 1000
    (tmp_path / "log").write_bytes(raw)
    data, file = read(tmp_path / "log")
    assert data == DATA
    assert "damaged" in file.warning
    assert file.sha256() == hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("pack", [gzip.compress, zstd])
def test_a_packed_giant_is_handed_out_in_small_chunks(tmp_path, pack):
    (tmp_path / "bomb").write_bytes(pack(bytes(40 << 20)))
    total = 0
    with InputFile(str(tmp_path / "bomb")) as file:
        for chunk in file.chunks():
            assert len(chunk) <= CHUNK
            total += len(chunk)
    assert total == 40 << 20


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", files.GZIP_MAGIC + b"\x08\0", files.ZSTD_MAGIC, gzip.compress(b"abc"), zstd(b"abc")]),
)
def test_no_bytes_crash_the_reader(tmp_path_factory, data, head):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(head + data)
    out, file = read(path)
    assert file.bytes_read == len(head + data)
    if not file.packing:
        assert out == head + data


def test_missing_files_and_directories_are_named(tmp_path):
    with pytest.raises(ConfigError, match="no such file"):
        InputFile(str(tmp_path / "nothing"))
    with pytest.raises(ConfigError, match="is a directory"):
        InputFile(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read everything")
def test_unreadable_files_are_named(tmp_path):
    (tmp_path / "secret").write_bytes(b"x")
    (tmp_path / "secret").chmod(0)
    with pytest.raises(ConfigError, match="may not be read"):
        InputFile(str(tmp_path / "secret"))
    (tmp_path / "secret").chmod(stat.S_IRUSR)


def test_standard_input_is_a_file_of_unknown_size(monkeypatch):
    class Stdin:
        buffer = io.BytesIO(DATA)

    monkeypatch.setattr("sys.stdin", Stdin)
    data, file = read("-")
    assert (data, file.size_bytes, file.bytes_read) == (DATA, -1, len(DATA))
    assert not Stdin.buffer.closed
