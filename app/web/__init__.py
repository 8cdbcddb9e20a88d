"""The portal: pages for people who sign in, one module for each area, named as in the domain."""
