from libs.common.migrations import run
from services.auth.accounts import tables as accounts  # noqa: F401
from services.auth.challenges import tables as challenges  # noqa: F401
from services.auth.contacts import tables as contacts  # noqa: F401
from services.auth.keys import tables as keys  # noqa: F401
from services.auth.links import tables as links  # noqa: F401
from services.auth.mails import tables as mails  # noqa: F401
from services.auth.oidc import tables as oidc  # noqa: F401
from services.auth.passkeys import tables as passkeys  # noqa: F401
from services.auth.personal_data import tables as personal_data  # noqa: F401
from services.auth.profile import tables as profile  # noqa: F401
from services.auth.revocations import tables as revocations  # noqa: F401
from services.auth.schema import Base
from services.auth.second_factors import tables as second_factors  # noqa: F401
from services.auth.security_log import tables as security_log  # noqa: F401
from services.auth.sessions import tables as sessions  # noqa: F401

run(Base.metadata)
