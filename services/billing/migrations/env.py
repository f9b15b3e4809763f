from libs.common.migrations import run
from services.billing.plans import tables as plans  # noqa: F401
from services.billing.schema import Base
from services.billing.subscriptions import tables as subscriptions  # noqa: F401
from services.billing.taxes import tables as taxes  # noqa: F401

run(Base.metadata)
