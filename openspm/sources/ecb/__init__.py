"""Exchange rates as the European Central Bank publishes them."""
