"""A vendor of the tests' own, as small as one can be: what every source over HTTP has in common shows with it."""
