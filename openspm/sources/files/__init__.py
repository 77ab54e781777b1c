"""The `files` source: folders of CSV, Parquet and Excel files."""
