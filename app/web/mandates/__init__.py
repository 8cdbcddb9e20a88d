"""Area of the portal: the register of mandates and of the action lines of WSIS."""
