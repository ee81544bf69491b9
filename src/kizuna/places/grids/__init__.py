"""Search structures over points, discs and edges; built once, asked by kernels."""
