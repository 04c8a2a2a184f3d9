"""Finding products: lists from the database, words from an index that each process keeps in memory."""
