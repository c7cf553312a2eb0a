"""Each day in numbers, without people: what trends are drawn from, however many messages."""
