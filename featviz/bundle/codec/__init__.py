"""Numbers, token texts and records as bytes, and back."""
