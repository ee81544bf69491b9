"""Which fixes belong together: order, segments, identity periods, stops, resampling."""
