"""Changes of role; those that make or unmake a SUPER_ADMIN wait for the word of a second one."""
