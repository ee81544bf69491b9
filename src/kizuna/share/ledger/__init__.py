"""The ledger: Merkle tree, signed notes, checkpoints, proofs, names of logs, salts of leaves. Pure; holds no key."""
