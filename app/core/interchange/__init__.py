"""Formats in which texts leave for translation and come back: XLIFF 2.0, and ZIP archives of files.

Archives and XLIFF that somebody handed in are read by the service for untrusted files; `reading` asks it.
"""
