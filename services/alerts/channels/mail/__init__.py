"""Mail by SMTP, or by SendGrid."""

from services.alerts.channels.mail.sendgrid import SendGridChannel, SendGridOptions
from services.alerts.channels.mail.smtp import SmtpChannel, SmtpOptions

__all__ = ["SendGridChannel", "SendGridOptions", "SmtpChannel", "SmtpOptions"]
