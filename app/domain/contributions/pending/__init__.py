"""What is pending for contributions: the kinds of pending actions, and the sources that find them."""
