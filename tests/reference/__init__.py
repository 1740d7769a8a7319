"""The truth: every number of a record by its definition, in float64, slowly. It shares no code with the fast path."""
