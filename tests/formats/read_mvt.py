"""Reads vector tiles as the specification writes them: slow and plain, the oracle of ``formats.mvt``."""

import struct


def fields(data):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(data):
        key = varint()
        if key & 7 == 0:
            yield key >> 3, varint()
        elif key & 7 == 1:
            yield key >> 3, struct.unpack("<d", data[at : at + 8])[0]
            at += 8
        else:
            size = varint()
            yield key >> 3, data[at : at + size]
            at += size


def packed(data):
    out, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            out.append(value)
            value = shift = 0
    return out


def unzig(n):
    return (n >> 1) ^ -(n & 1)


def value(data):
    kind, v = next(fields(data))
    return {1: lambda: v.decode(), 3: lambda: v, 6: lambda: unzig(v), 7: lambda: bool(v)}[kind]()


def parts(commands):
    out, x, y, i = [], 0, 0, 0
    while i < len(commands):
        command, count = commands[i] & 7, commands[i] >> 3
        i += 1
        if command == 7:
            out[-1].append(out[-1][0])
            continue
        for _ in range(count):
            x, y = x + unzig(commands[i]), y + unzig(commands[i + 1])
            i += 2
            if command == 1:
                out.append([])
            out[-1].append((x, y))
    return out


def read(data):
    layers = {}
    for number, layer in fields(data):
        assert number == 3
        found = list(fields(layer))
        keys = [v.decode() for n, v in found if n == 3]
        values = [value(v) for n, v in found if n == 4]
        one = dict((n, v) for n, v in found if n in (1, 5, 15))
        features = []
        for n, v in found:
            if n == 2:
                f = dict(fields(v))
                tags = packed(f.get(2, b""))
                features.append(
                    {
                        "kind": f[3],
                        "parts": parts(packed(f[4])),
                        "id": f.get(1),
                        "properties": {keys[a]: values[b] for a, b in zip(tags[::2], tags[1::2])},
                    }
                )
        layers[one[1].decode()] = {"extent": one[5], "version": one[15], "features": features}
    return layers
