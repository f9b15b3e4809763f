from libs.common.migrations import run
from services.broker.schema import Base

run(Base.metadata)
