from kizuna.base.errors import ConfigError as ConfigError
from kizuna.base.errors import ContextError as ContextError
from kizuna.base.errors import InputError as InputError
from kizuna.base.errors import KizunaError as KizunaError
from kizuna.node.python import Decoded as Decoded
from kizuna.node.python import Event as Event
from kizuna.node.python import Result as Result
from kizuna.node.python import Vessel as Vessel
from kizuna.node.python import decode as decode
from kizuna.node.python import detect as detect
from kizuna.node.python import load as load

__version__: str
