"""Services as clients: who may call whom, with which scope."""
