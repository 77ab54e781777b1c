"""Great Expectations suites and the two gates: "sources" before the models, "published" before publishing."""
