"""What the organisation does. Packages have an order: lower ones never import higher ones."""
