"""What a feed received, under a clock that stands still."""


def clock():
    return 1_600_000_000_123


def received(feed):
    """All bytes of a feed that ends; it is closed, and every chunk has the time of the clock."""
    try:
        chunks = list(feed.chunks())
    finally:
        feed.close()
    assert all(c.received_ms == clock() for c in chunks)
    return b"".join(c.data for c in chunks)
