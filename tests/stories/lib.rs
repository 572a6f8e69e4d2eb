//! Stories of people who use the deployed contracts: see `tests/`.
