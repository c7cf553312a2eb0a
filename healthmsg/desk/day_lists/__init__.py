"""The day's visits of a site on paper: for the day on which nothing else works."""
