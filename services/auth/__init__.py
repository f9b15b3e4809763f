"""Who people are, what they may do, and how services know it."""
