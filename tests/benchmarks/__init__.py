"""Programs that print measurements as ratios against a named baseline; none of them is a test."""
