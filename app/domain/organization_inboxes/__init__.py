"""How organizations exchange liaison statements by machine: the key of each and the address of its inbox, entered by
one secretary and confirmed by another."""
