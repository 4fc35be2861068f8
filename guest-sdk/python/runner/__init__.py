"""Runs InfluxDB 3 Processing Engine plugins from their source."""
