from libs.common.migrations import run
from services.signals.tables import Base

run(Base.metadata)
