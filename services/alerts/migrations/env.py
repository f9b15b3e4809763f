from libs.common.migrations import run
from services.alerts.tables import Base

run(Base.metadata)
