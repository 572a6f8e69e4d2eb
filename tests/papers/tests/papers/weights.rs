//! The committed table of costs, and the sizes of the committed blobs.

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

/// The ceilings are the table of the auditor's guide: a blob and the bytes that it may have.
#[test]
fn no_blob_is_larger_than_its_ceiling() {
    let repository = Repository::open();
    let manifest: toml::Table =
        repository.text("contracts/blobs.toml").expect("the manifest is committed").parse().expect("it is TOML");
    let guide = repository.text("docs/book/src/audit.md").expect("the guide is there");
    let rows = guide.lines().skip_while(|line| !line.starts_with("| blob | bytes at most |")).skip(2);
    let mut names = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, most] = cells[..] else { panic!("a row of the ceilings has two cells: {row}") };
        let name = name.trim_matches('`');
        let most: i64 = most.replace(',', "").parse().unwrap_or_else(|_| panic!("a ceiling is a number: {row}"));
        let blob = manifest["blobs"].get(name).unwrap_or_else(|| panic!("no contract is named {name}"));
        let bytes = blob["bytes"].as_integer().expect("a blob has its size");
        assert!(bytes <= most, "{name} has {bytes} bytes, and may have {most}");
        names.push(name);
    }
    assert!(names.contains(&"clearing"), "the blob of the hot messages has a ceiling: {names:?}");
}
