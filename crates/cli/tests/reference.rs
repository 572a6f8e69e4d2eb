//! The command reference of the book is that of the program, and so is its page of errors.

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

#[test]
fn the_page_of_errors_has_those_of_the_contracts() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/book/src/errors.md");
    let page = std::fs::read_to_string(&path).unwrap_or_default();
    let wanted = sit_cli::commands::explain::chapter();
    for (is, was) in wanted.lines().zip(page.lines()) {
        assert_eq!(
            is, was,
            "write docs/book/src/errors.md anew with `sit reference --errors > docs/book/src/errors.md`"
        );
    }
    assert_eq!(
        wanted, page,
        "write docs/book/src/errors.md anew with `sit reference --errors > docs/book/src/errors.md`"
    );
}
