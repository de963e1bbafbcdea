"""Each operation in words and with an example: for the OpenAPI document, its page and the mock."""
