//! The command reference of the book is that of the program.

use std::path::Path;

#[test]
fn the_command_reference_is_that_of_the_program() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src/sit.md");
    let chapter = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        chapter == sit_cli::commands::reference::chapter(),
        "docs/book/src/sit.md is not what the program says: write it anew with `sit reference > docs/book/src/sit.md`"
    );
}
