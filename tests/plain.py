"""Tables and batches as plain rows, to compare them whatever their word lists look like."""


def rows(table):
    """Rows as dicts, as they stand in a file."""
    return table.to_arrow().to_pylist()


def batch_rows(batch):
    return {name: rows(getattr(batch, name)) for name in ("fixes", "statics", "others", "rejects")}


def cut(data, places):
    """Data in pieces, cut at the given places."""
    ends = [*sorted({min(p, len(data)) for p in places}), len(data)]
    start = 0
    for end in ends:
        yield data[start:end]
        start = end
