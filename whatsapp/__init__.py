"""How a message is sent over WhatsApp, and what came back."""
