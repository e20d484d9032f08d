"""The tour's steps, one module each: a function from what is there to figures."""
