"""What a person may ask of the clinic: a copy of what is known of them, and that it goes."""
