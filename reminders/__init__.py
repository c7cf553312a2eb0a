"""Why and when visits are reminded of: rules, planning, booking, answers."""
