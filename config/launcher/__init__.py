"""Start everything with one command: database, broker, web, worker and schedule."""
