"""What is done so that the record lasts: fixity of files, checks of the whole, copies and their coming back."""
