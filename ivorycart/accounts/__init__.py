"""Who someone is: passwords, tokens, registration and sign-in."""
