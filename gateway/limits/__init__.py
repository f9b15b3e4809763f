"""How often one caller may call: exact over all gateway processes, by address or user and by the class of the route."""
