"""Whether a site is whole: every file, every count, and what files say of each other."""
