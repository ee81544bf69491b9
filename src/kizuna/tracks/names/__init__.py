"""Names of vessels compared across scripts: Latin as AIS sends it, kana, and Han in Japanese and Mandarin readings."""
