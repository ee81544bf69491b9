"""What the node answers over HTTP. Import ``kizuna.node.api.app`` and ``.serve``; nothing is loaded before."""
