"""The day as reception sees it: who is where, who comes, what is free; and booking from there."""
