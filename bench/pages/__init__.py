"""The web app in a real browser: how fast its pages are, and what they look like."""
