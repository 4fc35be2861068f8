"""HTTP for `http.client`, `urllib` and `requests`: each request is one call of the host."""
