"""The platform as an outsider meets it: started, spoken to, and killed in places."""
