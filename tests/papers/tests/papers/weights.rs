//! The committed table of costs, and the sizes of the committed blobs.

use crate::{none, same};
use sit_papers::Repository;

/// The auditor's guide.
const GUIDE: &str = "docs/book/src/audit.md";

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

/// An Ethereum transaction may use half of what any other may, 0.8 s and 4.19 MB of proof; one that needs more fails in
/// every block. So whatever was measured fits, by the pallet's weights and by the Hub's own.
#[test]
fn every_message_can_be_sent_as_an_ethereum_transaction() {
    let most = [("ethereum_ref_time", 799_937_500_000), ("hub_ref_time", 799_937_500_000)];
    let most = [most, [("ethereum_proof_size", 4_194_304), ("hub_proof_size", 4_194_304)]].concat();
    let table = Repository::open().text("tests/stories/weights.csv").expect("the table is committed");
    let columns: Vec<&str> = table.lines().next().expect("a header").split(',').collect();
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split(',').collect();
        for (column, most) in &most {
            let place = columns.iter().position(|known| known == column).expect("the column is there");
            let figure: u64 = cells[place].parse().unwrap_or_else(|_| panic!("{column} is no number in {row}"));
            assert!(figure <= *most, "{} needs {figure} by {column}, and {most} fit", cells[0]);
        }
    }
}

/// The rows of a table of the auditor's guide with these two columns: what is named, and a whole number.
fn figures(columns: &str) -> Vec<(String, i64)> {
    let guide = Repository::open().text(GUIDE).expect("the guide is there");
    let rows = guide.lines().skip_while(|line| *line != columns).skip(2);
    let figure = |row: &str| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, figure] = cells[..] else { panic!("a row below `{columns}` has two cells: {row}") };
        let number = figure.replace(',', "").parse().unwrap_or_else(|_| panic!("{figure} is no number: {row}"));
        (name.trim_matches('`').to_owned(), number)
    };
    rows.take_while(|line| line.starts_with('|')).map(figure).collect()
}

/// The ceilings are the table of the auditor's guide: a blob and the bytes that it may have.
#[test]
fn every_blob_keeps_to_its_ceiling() {
    let manifest: toml::Table = Repository::open()
        .text("contracts/blobs.toml")
        .expect("the manifest is committed")
        .parse()
        .expect("it is TOML");
    let blobs = manifest["blobs"].as_table().expect("a table");
    let ceilings = figures("| blob | bytes at most |");
    let named = ceilings.iter().map(|(name, _)| name.clone()).collect();
    same("blobs", ("in the manifest", blobs.keys().cloned().collect()), ("with a ceiling", named));
    for (name, most) in ceilings {
        let bytes = blobs[&name]["bytes"].as_integer().expect("a blob has its size");
        assert!(bytes <= most, "{name} has {bytes} bytes, and may have {most}");
    }
}

/// The floors are another table of the guide: a row of the weights, and how often it fits into a block at least.
#[test]
fn messages_keep_to_their_floors() {
    let table = Repository::open().text("tests/stories/weights.csv").expect("the table is committed");
    let columns: Vec<&str> = table.lines().next().expect("a header").split(',').collect();
    let floors = figures("| message | calls a block at least |");
    assert!(floors.len() >= 10, "the floors are found: {floors:?}");
    for (message, least) in floors {
        let row = table.lines().find(|row| row.split(',').next() == Some(&message));
        let cells: Vec<&str> = row.unwrap_or_else(|| panic!("no row is named {message}")).split(',').collect();
        for count in ["per_block", "ethereum_per_block", "hub_per_block"] {
            let place = columns.iter().position(|column| *column == count).expect("the column is there");
            let calls: i64 = cells[place].parse().expect("a message has all counts");
            assert!(calls >= least, "{message} fits into a block {calls} times by {count}, and has to {least} times");
        }
    }
}

/// What the mends weigh, in another table of the guide: the columns of today are those of the table that is committed,
/// and `SIT_UPDATE_BOOK=1 scripts/test papers guide` writes them anew.
#[test]
fn the_guide_says_what_messages_weigh_now() {
    let repository = Repository::open();
    let table = repository.text("tests/stories/weights.csv").expect("the table is committed");
    let columns: Vec<&str> = table.lines().next().expect("a header").split(',').collect();
    let column = |name: &str| columns.iter().position(|column| *column == name).expect("the column is there");
    let [time, proof, calls] = ["ref_time", "proof_size", "per_block"].map(column);
    // Picoseconds in tenths of a millisecond, bytes in thousands, both to the nearest.
    let nearest = |figure: &str, of: u64| (figure.parse::<u64>().expect("a whole number") + of / 2) / of;
    let weighs = |message: &str| {
        let weighed = table.lines().find(|row| row.split(',').next() == Some(message));
        let cells: Vec<&str> = weighed.unwrap_or_else(|| panic!("no row is named {message}")).split(',').collect();
        let tenths = nearest(cells[time], 100_000_000);
        let milliseconds = format!("{}.{}", tenths / 10, tenths % 10);
        [milliseconds, nearest(cells[proof], 1_000).to_string(), cells[calls].to_owned()]
    };

    let guide = repository.text(GUIDE).expect("the guide is there");
    let mut lines: Vec<String> = guide.lines().map(str::to_owned).collect();
    let header = lines.iter().position(|line| line.starts_with("| message | time before, ms | now |"));
    let (mut seen, mut wrong) = (0, Vec::new());
    for line in lines.iter_mut().skip(header.expect("the table is in the guide") + 2) {
        if !line.starts_with('|') {
            break;
        }
        let told: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [message, time_before, _, proof_before, _, calls_before, _] = told[..] else {
            panic!("a row of weights has seven cells: {line}")
        };
        let [time, proof, calls] = weighs(message.trim_matches('`'));
        let now =
            format!("| {message} | {time_before} | {time} | {proof_before} | {proof} | {calls_before} | {calls} |");
        if *line != now {
            wrong.push(now.clone());
        }
        *line = now;
        seen += 1;
    }
    assert!(seen > 20, "the rows are found: {seen}");
    if std::env::var_os("SIT_UPDATE_BOOK").is_some() {
        std::fs::write(repository.root().join(GUIDE), lines.join("\n") + "\n").expect("the guide can be written");
        return;
    }
    none("rows that `SIT_UPDATE_BOOK=1 scripts/test papers guide` changes", &wrong);
}
