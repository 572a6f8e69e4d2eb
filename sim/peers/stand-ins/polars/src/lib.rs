//! In place of polars: the one name of it that RustQuant mentions.

/// Errors.
pub mod error {
    /// An error that never happens.
    #[derive(Debug)]
    pub enum PolarsError {}

    impl std::fmt::Display for PolarsError {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            match *self {}
        }
    }

    impl std::error::Error for PolarsError {}
}
