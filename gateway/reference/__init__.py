"""One OpenAPI document for all services, and the page that shows it."""
