"""The socket `/ws`: live prices and the user's own events. One hub a process, fed by Redis streams."""
