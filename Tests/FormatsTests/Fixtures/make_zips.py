"""Writes zip/*.zip. Made with Python 3.11."""
import io
import pathlib
import struct
import warnings
import zipfile

FOLDER = pathlib.Path(__file__).parent / "zip"
TEXT = b"the quick brown fox " * 20


def archive(*members, method=zipfile.ZIP_STORED, force_zip64=False):
    data = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with zipfile.ZipFile(data, "w", method) as file:
            for name, content in members:
                entry = zipfile.ZipInfo(name)
                entry.compress_type = method
                with file.open(entry, "w", force_zip64=force_zip64) as member:
                    member.write(content)
    return data.getvalue()


def save(name, data):
    (FOLDER / f"{name}.zip").write_bytes(data)


def with_declared_size(data, size):
    """Changes the size that the headers of the only member declare."""
    data = bytearray(data)
    struct.pack_into("<I", data, 22, size)
    struct.pack_into("<I", data, data.index(b"PK\x01\x02") + 24, size)
    return bytes(data)


def inside_one_another():
    """Stored members that each contain the next one, header and all."""
    inner = archive(("c", bytes(2000)))
    middle = archive(("b", inner[: inner.index(b"PK\x01\x02")]))
    outer = archive(("a", middle[: middle.index(b"PK\x01\x02")]))
    body = outer[: outer.index(b"PK\x01\x02")]
    directory = b""
    for data, offset in [(outer, 0), (middle, 31), (inner, 62)]:
        begin, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
        entry = bytearray(data[data.rindex(b"PK\x01\x02") : end])
        struct.pack_into("<I", entry, 42, offset)
        directory += bytes(entry)
    end = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 3, 3, len(directory), len(body), 0)
    return body + directory + end


def with_member_count(data, count):
    """Changes the number of members that the end record of zip64 declares."""
    data = bytearray(data)
    end = data.index(b"PK\x05\x06")
    (start,) = struct.unpack_from("<I", data, end + 16)
    size = end - start
    record = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    struct.pack_into("<HHII", data, end + 8, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
    return bytes(data[:end]) + record + locator + bytes(data[end:])


def main():
    FOLDER.mkdir(exist_ok=True)
    members = [("folder/one", TEXT), ("folder/empty", b""), ("two", bytes(range(256)))]
    deflated = zipfile.ZIP_DEFLATED
    save("stored", archive(*members))
    save("deflated", archive(*members, method=deflated))
    save("zip64", archive(*members, force_zip64=True))
    save("climbing", archive(("folder/../../etc/passwd", TEXT)))
    save("absolute", archive(("/etc/passwd", TEXT)))
    save("duplicate", archive(("one", TEXT), ("one", b"other")))
    save("bomb", archive(("zeros", bytes(20_000_000)), method=deflated))
    save("bzip2", archive(("one", TEXT), method=zipfile.ZIP_BZIP2))
    save("understated", with_declared_size(archive(("one", TEXT), method=deflated), 10))
    save("overstated", with_declared_size(archive(("one", TEXT), method=deflated), 4000))
    impossible = with_declared_size(archive(("one", TEXT), method=deflated), 4_000_000_000)
    save("impossible", impossible)
    whole = with_member_count(archive(*members), 3)
    assert zipfile.ZipFile(io.BytesIO(whole)).read("two") == bytes(range(256))
    save("zip64-end", whole)
    save("crowded", with_member_count(archive(*members), 2**62))
    save("inside-one-another", inside_one_another())


main()
