"""What is true of an order's conversation without a computer: no library, no clock, no network."""
