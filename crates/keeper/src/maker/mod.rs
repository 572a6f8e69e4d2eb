//! The maker.
