"""What a document may have inside: pictures, fonts, workbooks of charts, streams that are packed."""
