"""Sync: who asks whom for which page, when, how large, and what to do when it goes wrong. No input, no output.

``states`` holds the protocol as tables; ``pull``, ``push`` and ``serve`` walk them; ``pace`` says how large a page and
how long a wait; ``taking`` judges a page and keeps it. Carried media are the same pages through ``taking`` alone.
"""

from kizuna.share.sync.actions import Action, Alarm, Ask, Cancel, Quiet, Reply, Send
from kizuna.share.sync.pull import Puller
from kizuna.share.sync.push import Pusher
from kizuna.share.sync.serve import Server
from kizuna.share.sync.states import Fault

__all__ = ["Action", "Alarm", "Ask", "Cancel", "Fault", "Puller", "Pusher", "Quiet", "Reply", "Send", "Server"]
