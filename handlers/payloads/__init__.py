"""The shapes of requests and answers; the API documents are made of them."""
