//! alloy.
