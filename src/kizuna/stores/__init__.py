"""What is kept: Parquet files."""
