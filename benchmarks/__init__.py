"""Speed and memory against plain SQL, in one run on one machine: ratios are kept, seconds are only read beside them."""
