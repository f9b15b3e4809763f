"""Where prices come from: one folder per outside party, behind the Protocol in `port`."""
