"""When a partner turns: exactly what it holds, through whom, and what ends now."""

from kizuna.share.exposure.ends import Act, end
from kizuna.share.exposure.held import Exposure, Facts, Reading, Way, exposure

__all__ = ["Act", "Exposure", "Facts", "Reading", "Way", "end", "exposure"]
