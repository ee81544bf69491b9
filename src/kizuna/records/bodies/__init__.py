"""What the known kinds of records say: a module for each topic, gathered by ``records.kinds``."""
