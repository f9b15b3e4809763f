from libs.common.migrations import run
from services.market.tables import Base

run(Base.metadata)
