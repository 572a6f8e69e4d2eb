//! alloy as a client of the development chain: see the test.
