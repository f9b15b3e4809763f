"""What a browser sees: the single-page app, the API reference, and a page for each error code."""
