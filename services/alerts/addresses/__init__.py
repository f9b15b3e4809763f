"""Where else a person is reached: a device, a Telegram chat, a Slack channel, a phone; each confirmed."""
