"""The guide for a new clinic: what is done, what is next; told by the rows themselves."""
