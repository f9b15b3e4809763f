"""Where a person is reached: the address, which changes when both sides confirm, and the number, by a code."""
