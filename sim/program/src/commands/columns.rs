//! Tables that are written beside a result: Parquet where the file's name ends in `.parquet`, else JSON.

use std::path::PathBuf;

use sit_sim::columns::Columns;

use super::Failure;
use super::output::{json, writable, write_file};

/// Whether a file's name asks for Parquet.
pub fn asks_for_parquet(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|extension| extension == "parquet")
}

/// Checks, before anything is computed, that a table can be written to each of these files, by this program.
pub fn table_writable<'a>(paths: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    for path in paths {
        if asks_for_parquet(path) && cfg!(not(feature = "parquet")) {
            return Err(Failure::input(format!(
                "{}: this program is built without Parquet: build it with --features parquet, or name a .json file",
                path.display()
            )));
        }
        writable([path])?;
    }
    Ok(())
}

/// Writes a table in the format that the file's name asks for.
pub fn write_table(path: &PathBuf, table: &Columns) -> Result<(), Failure> {
    table_writable([path])?;
    #[cfg(feature = "parquet")]
    if asks_for_parquet(path) {
        return write_file(path, &super::parquet::encoded(table)?);
    }
    write_file(path, &(json(table)? + "\n"))
}
