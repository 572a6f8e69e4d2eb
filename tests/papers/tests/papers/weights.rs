//! The committed table of costs.

use sit_papers::Repository;

/// Invariant C2: whatever was measured fits into a block more than twice.
#[test]
fn no_message_takes_half_of_a_block() {
    let table = Repository::open().text("tests/stories/weights.csv").expect("the table is committed");
    let mut rows = table.lines();
    let columns: Vec<&str> = rows.next().expect("a header").split(',').collect();
    let per_block = columns.iter().position(|column| *column == "per_block").expect("the column is there");
    let costly: Vec<&str> = rows
        .clone()
        .filter(|row| row.split(',').nth(per_block).and_then(|n| n.parse().ok()).unwrap_or(0_u32) < 3)
        .collect();
    assert!(rows.count() > 50, "the table has the messages");
    assert!(costly.is_empty(), "{costly:?}");
}
