"""The deployment of `deploy/compose.yaml`, started with Docker and used through nginx: `python -m tests.deployed`."""
