"""Settings to begin with: files with real names, and one with every option explained."""
