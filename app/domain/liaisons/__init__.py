"""Liaison statements that other organizations and bodies send to a body: taken in, registered, held and answered."""
