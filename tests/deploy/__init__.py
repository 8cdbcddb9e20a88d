"""Tests of the deployment on several machines."""
