"""What runs ShareWise: the local supervisor, the mail sink, the demo, the image and its checks."""
