from wit_world.cases import record

Request = record("Request", "method", "path", "query", "headers", "body")
Response = record("Response", "status", "headers", "body")
