from libs.common.migrations import run
from services.signals.schema import Base

run(Base.metadata)
