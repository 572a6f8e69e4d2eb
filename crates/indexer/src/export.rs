//! Any table as a file: CSV or Parquet.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::{ConvertedType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::derive::written;
use crate::schema::{TABLES, Table};
use crate::store::{StoreError, each_row};

/// Why a table was not written.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The tables.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such table.
    #[error("there is no table `{name}`: there are {}", TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", "))]
    NoTable {
        /// What was asked for.
        name: String,
    },
    /// The ending of the file's name says nothing that can be written.
    #[error("{} ends neither in .csv nor in .parquet", .0.display())]
    Ending(PathBuf),
    /// The file.
    #[error("{path} cannot be written: {why}", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        why: std::io::Error,
    },
    /// Parquet failed.
    #[error("Parquet failed: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
}

/// Writes a table in the order of its key, as of one block. The form follows from the ending of the file's name.
///
/// # Errors
/// [`ExportError`]. A file that could not be finished is left behind under another name, ending in `.part`.
pub fn export(db: &Connection, name: &str, path: &Path) -> Result<(), ExportError> {
    let table = Table::named(name).ok_or_else(|| ExportError::NoTable { name: name.to_owned() })?;
    let file = |why| ExportError::File { path: path.to_owned(), why };
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !matches!(ending, "csv" | "parquet") {
        return Err(ExportError::Ending(path.to_owned()));
    }
    let part = path.with_extension(format!("{ending}.part"));
    let out = BufWriter::new(File::create(&part).map_err(file)?);
    let transaction = db.unchecked_transaction().map_err(StoreError::from)?;
    match ending {
        "csv" => csv(&transaction, table, out).and_then(|done| done.map_err(file))?,
        _ => columns(&transaction, table, out)?,
    }
    std::fs::rename(&part, path).map_err(file)
}

fn csv(db: &Connection, table: &Table, mut out: impl Write) -> Result<std::io::Result<()>, ExportError> {
    let mut result = writeln!(out, "{}", table.names().collect::<Vec<_>>().join(","));
    each_row(db, table, |row| {
        if result.is_ok() {
            // No value has a comma or a quote in it: numbers, names of ours and hexadecimal.
            result = writeln!(out, "{}", row.iter().map(written).collect::<Vec<_>>().join(","));
        }
        Ok(())
    })?;
    Ok(result.and_then(|()| out.flush()))
}

/// Integers as INT64, texts as UTF-8, bytes as they are; what is missing is null. Row groups of 65,536 rows.
fn columns(db: &Connection, table: &Table, out: impl Write + Send) -> Result<(), ExportError> {
    const GROUP: usize = 65_536;
    let kinds: Vec<&str> = table.columns.split(',').filter_map(|column| column.split_whitespace().nth(1)).collect();
    let fields = table
        .names()
        .zip(&kinds)
        .map(|(name, kind)| {
            let (physical, converted) = match *kind {
                "INTEGER" => (Physical::INT64, ConvertedType::NONE),
                "TEXT" => (Physical::BYTE_ARRAY, ConvertedType::UTF8),
                _ => (Physical::BYTE_ARRAY, ConvertedType::NONE),
            };
            let field = Type::primitive_type_builder(name, physical)
                .with_repetition(Repetition::OPTIONAL)
                .with_converted_type(converted);
            field.build().map(Arc::new)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let schema = Arc::new(Type::group_type_builder(table.name).with_fields(fields).build()?);
    let mut writer = SerializedFileWriter::new(out, schema, Arc::default())?;
    let mut rows: Vec<Vec<Value>> = Vec::new();
    let mut flush = |rows: &mut Vec<Vec<Value>>| -> Result<(), ExportError> {
        let mut group = writer.next_row_group()?;
        for (place, kind) in kinds.iter().enumerate() {
            let Some(mut column) = group.next_column()? else { break };
            let values = || rows.iter().map(|row| &row[place]);
            let present: Vec<i16> = values().map(|value| i16::from(*value != Value::Null)).collect();
            if *kind == "INTEGER" {
                let numbers: Vec<i64> = values()
                    .filter_map(|value| if let Value::Integer(number) = value { Some(*number) } else { None })
                    .collect();
                column.typed::<Int64Type>().write_batch(&numbers, Some(&present), None)?;
            } else {
                let bytes: Vec<ByteArray> = values()
                    .filter_map(|value| match value {
                        Value::Text(text) => Some(text.as_str().into()),
                        Value::Blob(bytes) => Some(bytes.clone().into()),
                        _ => None,
                    })
                    .collect();
                column.typed::<ByteArrayType>().write_batch(&bytes, Some(&present), None)?;
            }
            column.close()?;
        }
        group.close()?;
        rows.clear();
        Ok(())
    };
    let mut failed = None;
    each_row(db, table, |row| {
        rows.push(row.to_vec());
        if rows.len() == GROUP && failed.is_none() {
            failed = flush(&mut rows).err();
        }
        Ok(())
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    if !rows.is_empty() {
        flush(&mut rows)?;
    }
    writer.close()?;
    Ok(())
}
