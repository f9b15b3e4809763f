"""Sessions: on which days and at which hours an exchange trades, by dated rows that staff edit."""
