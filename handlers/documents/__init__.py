"""The API documents, generated from the tables of routes and events."""
