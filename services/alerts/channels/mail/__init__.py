"""Mail by SMTP."""

from services.alerts.channels.mail.smtp import SmtpChannel, SmtpOptions

__all__ = ["SmtpChannel", "SmtpOptions"]
