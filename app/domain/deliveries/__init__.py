"""Deliveries: a released text reaches each unit of ITU and each recipient that it is addressed to, once."""
