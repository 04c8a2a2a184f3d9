"""Products and stock as files: importing them, exporting them, and telling how far that has come."""
