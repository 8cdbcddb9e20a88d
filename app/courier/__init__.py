"""The courier: carries requests of the worker to addresses of other organizations. It has no database and no secret."""
