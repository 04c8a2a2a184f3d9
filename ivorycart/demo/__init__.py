"""A small shop to look at: accounts, sixty products, and a drawn picture of each. Pure data, the same on every run."""
