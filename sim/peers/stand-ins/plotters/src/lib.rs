//! In place of plotters, which RustQuant names in macros that nobody here expands.
