//! What is printed of a build.

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use crate::builder::Built;

/// One contract in the JSON output.
#[derive(Serialize)]
struct Entry<'a> {
    name: &'a str,
    blob: &'a std::path::Path,
    abi: &'a std::path::Path,
    bytes: usize,
    code_hash: &'a str,
    seconds: f64,
    built_now: bool,
}

/// A JSON array with one object for each contract.
pub fn json(results: &[Built]) -> Result<String> {
    let entries: Vec<Entry> = results
        .iter()
        .map(|built| Entry {
            name: &built.name,
            blob: &built.blob,
            abi: &built.abi,
            bytes: built.record.bytes,
            code_hash: &built.record.code_hash,
            seconds: built.record.seconds,
            built_now: built.built_now,
        })
        .collect();
    Ok(serde_json::to_string_pretty(&entries)?)
}

/// A table for reading.
pub fn table(results: &[Built]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY).set_header(["contract", "blob bytes", "seconds", "code hash"]);
    for built in results {
        let seconds = if built.built_now { format!("{:.1}", built.record.seconds) } else { "up to date".to_owned() };
        let hash: String = built.record.code_hash.chars().take(18).collect();
        table.add_row([built.name.clone(), built.record.bytes.to_string(), seconds, hash]);
    }
    for column in table.column_iter_mut().skip(1).take(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}
