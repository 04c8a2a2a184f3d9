"""The seller's side: figures of sales, and the screens on which sellers watch them."""
