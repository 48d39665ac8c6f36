"""`pytest contract_tests` judges a mock of its own; with `--target` and the environment, any endpoint."""

pytest_plugins = ["tutorflow_conformance.plugin"]
