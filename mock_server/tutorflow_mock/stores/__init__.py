"""Where the mock remembers: one protocol of atomic verbs and its implementations."""
