//! The text of a file, whatever program wrote it.
//!
//! UTF-8 with or without its mark, UTF-16 with it, and what is neither is read as Windows-1252, the encoding of older
//! spreadsheets, in which every digit, separator and currency sign stands where ASCII and Latin-1 have it. Lines end in
//! `\n` afterwards.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::HistoryError;

/// Largest file that is read, in bytes: two million rows of sixty characters. It is in memory twice while it is
/// decoded.
pub(super) const MOST_BYTES: u64 = 128 << 20;

/// How files begin that are no text, and what to do about it.
const NO_TABLES: [(&[u8], &str); 6] = [
    (b"PK\x03\x04", "it is a zip archive, as Excel workbooks are; save the sheet as CSV"),
    (b"\xd0\xcf\x11\xe0", "it is a workbook of an old Excel; save the sheet as CSV"),
    (b"\x1f\x8b", "it is packed by gzip; unpack it first"),
    (b"BZh", "it is packed by bzip2; unpack it first"),
    (b"PAR1", "it is a Parquet file; write the table as CSV"),
    (b"%PDF", "it is a PDF document; write the table as CSV"),
];

/// A text and the encoding that it was found in.
pub(super) struct Text {
    pub text: String,
    /// `None` for UTF-8.
    pub encoding: Option<&'static str>,
}

/// Reads a whole text file.
///
/// # Errors
/// [`HistoryError`] for a file that cannot be read, is too large, or holds no text.
pub(super) fn read(path: &Path) -> Result<Text, HistoryError> {
    let unreadable = |source| HistoryError::Unreadable { path: path.into(), source };
    let mut bytes = Vec::new();
    File::open(path).map_err(unreadable)?.take(MOST_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    decode(path, &bytes)
}

/// The text that some bytes spell.
pub(super) fn decode(path: &Path, bytes: &[u8]) -> Result<Text, HistoryError> {
    let no_table = |reason| HistoryError::NoTable { path: path.into(), reason };
    if bytes.len() as u64 > MOST_BYTES {
        return Err(HistoryError::TooLarge { path: path.into() });
    }
    if let Some((_, reason)) = NO_TABLES.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Err(no_table(reason));
    }
    let marked = Encoding::for_bom(bytes);
    let (encoding, skipped) = match marked {
        Some(found) => found,
        None if std::str::from_utf8(bytes).is_ok() => (UTF_8, 0),
        None => (WINDOWS_1252, 0),
    };
    let rest = bytes.get(skipped..).unwrap_or_default();
    let (text, malformed) = encoding.decode_without_bom_handling(rest);
    if malformed || text.contains('\0') {
        return Err(no_table("it holds bytes that are no text; write the table as CSV in UTF-8"));
    }
    // Some old programs end a text with Ctrl-Z.
    let text = text.trim_end_matches('\u{1a}');
    match text.trim_start().chars().next() {
        Some('<') => return Err(no_table("it is a page of HTML or XML; download the table itself, as CSV")),
        Some('{' | '[') => return Err(no_table("it is JSON; write its days and prices as the columns of a CSV file")),
        _ => {}
    }
    let text = if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text.to_owned() };
    let encoding = (encoding != UTF_8).then(|| encoding.name());
    Ok(Text { text, encoding })
}
