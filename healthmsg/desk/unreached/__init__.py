"""Who cannot be reached by WhatsApp: why, in which language, and what reached them instead."""
