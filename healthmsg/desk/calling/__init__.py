"""To call: whom reception has to telephone, in the order of their visits, and what came of it."""
