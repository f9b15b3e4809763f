"""What crosses services: journeys, faults, security. Unit tests sit beside what they test."""
