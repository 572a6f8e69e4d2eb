//! Tables as files: what stands in a Parquet file and in a CSV file is what stands in the table.

mod support;

use std::fs::File;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use sit_indexer::derive::written;
use sit_indexer::export::{ExportError, export};
use sit_indexer::schema::TABLES;
use sit_indexer::store::{each_row, reader};
use sit_programs::Dice;
use support::{Chain, Node, sequence};

#[test]
fn every_table_comes_back_from_parquet_and_csv_as_it_stands() {
    let mut chain = Chain::new();
    chain.play(&mut sequence(1), 160, 5, &mut Dice(1));
    let node = Node::of(chain);
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.deposits = true;
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    drop(follower);
    let db = reader(folder.path()).unwrap();
    let (mut rows, mut nothing, mut empty) = (0, 0, Vec::new());
    for table in TABLES {
        let mut stands: Vec<Vec<String>> = Vec::new();
        each_row(&db, table, |row| {
            stands.push(row.iter().map(written).collect());
            Ok(())
        })
        .unwrap();
        let (csv, parquet) = (folder.path().join("table.csv"), folder.path().join("table.parquet"));
        for path in [&csv, &parquet] {
            export(&db, table.name, path).unwrap_or_else(|error| panic!("{}: {error}", table.name));
        }
        let names: Vec<&str> = table.names().collect();
        let text = std::fs::read_to_string(&csv).unwrap();
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(lines.next().unwrap(), names, "{}", table.name);
        assert_eq!(lines.collect::<Vec<_>>(), stands, "{} as CSV", table.name);

        let file = SerializedFileReader::new(File::open(&parquet).unwrap()).unwrap();
        let mut read: Vec<Vec<String>> = Vec::new();
        for row in file.get_row_iter(None).unwrap() {
            let row = row.unwrap();
            assert!(row.get_column_iter().map(|(name, _)| name.as_str()).eq(names.iter().copied()), "{}", table.name);
            let value = |field: &Field| match field {
                Field::Null => {
                    nothing += 1;
                    "-".to_owned()
                }
                Field::Long(number) => number.to_string(),
                Field::Str(text) => text.clone(),
                Field::Bytes(bytes) => alloy_core::primitives::hex::encode(bytes.data()),
                other => panic!("{}: {other:?}", table.name),
            };
            read.push(row.get_column_iter().map(|(_, field)| field).map(value).collect());
        }
        assert_eq!(read, stands, "{} as Parquet", table.name);
        rows += read.len();
        if read.is_empty() {
            empty.push(table.name);
        }
    }
    println!("{rows} rows of {} tables, {nothing} values that are missing; without a row: {empty:?}", TABLES.len());
    assert!(rows > 1_000 && nothing > 0 && empty.len() < 6);

    // A name that says nothing that can be written, and a table that there is not.
    let other = |name: &str, path: &str| export(&db, name, &folder.path().join(path)).expect_err("refused");
    assert!(matches!(other("trade", "table.xlsx"), ExportError::Ending(_)));
    let missing = other("nothing", "table.csv").to_string();
    assert!(missing.contains("there are block, raw_transaction"), "{missing}");
}

#[test]
fn a_table_of_more_rows_than_a_group_of_a_parquet_file_has_all_of_them() {
    let node = Node::of(Chain::new());
    let folder = tempfile::tempdir().unwrap();
    let mut follower = node.follower(folder.path());
    follower.catch_up().unwrap_or_else(|error| panic!("{error}"));
    let many = 70_000_i64;
    let sql = format!(
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {many} - 1) \
         INSERT INTO deposit SELECT 1000000 + i, 0, CASE i % 3 WHEN 0 THEN NULL ELSE i END FROM n"
    );
    follower.writer().connection().execute_batch(&sql).unwrap();
    let path = folder.path().join("deposit.parquet");
    export(follower.writer().connection(), "deposit", &path).unwrap_or_else(|error| panic!("{error}"));
    let file = SerializedFileReader::new(File::open(&path).unwrap()).unwrap();
    assert_eq!(file.metadata().num_row_groups(), 2);
    assert_eq!(file.metadata().file_metadata().num_rows(), many);
    let sum = |row: parquet::record::Row| match row.get_column_iter().nth(2) {
        Some((_, Field::Long(planck))) => *planck,
        _ => 0,
    };
    let all: i64 = file.get_row_iter(None).unwrap().map(|row| sum(row.unwrap())).sum();
    assert_eq!(all, (0..many).filter(|i| i % 3 != 0).sum::<i64>());
}
