"""The embedded store does what every store must."""

from stores.conformance import Conformance

from kizuna.stores.keep import KeepParams, open_keep


class TestKeep(Conformance):
    def open(self, place, *, context="real", read_only=False, **params):
        return open_keep(place, context=context, params=KeepParams(**params), read_only=read_only)
