//! Any bytes as a stored cell: a client reads what a node says, and a next version what the one before hands over.
//! Reading never panics, what was read fits into the cell when it is written, and comes back as it was.
//!
//! The first byte chooses the type, the rest is the cell.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sit_engine::codec::{CELL_BYTES, Cell};
use sit_engine::{clearing, governance, incentives, oracle, vault};

fn comes_back<T: Cell>(bytes: &[u8]) {
    let read = T::from_cell(bytes);
    let written = read.to_cell();
    assert!(written.as_bytes().len() <= T::MAX_BYTES && T::MAX_BYTES <= CELL_BYTES, "the cell is too long");
    let again = T::from_cell(written.as_bytes()).to_cell();
    assert_eq!(written.as_bytes(), again.as_bytes(), "what was written is read as something else");
}

/// An account of which a part is missing may be longer than its cell when it is written; that is refused before.
fn account(bytes: &[u8]) {
    if clearing::Account::from_cell(bytes).fits() {
        comes_back::<clearing::Account>(bytes);
    }
}

/// All types that are stored.
const TYPES: [fn(&[u8]); 33] = [
    account,
    comes_back::<clearing::Auction>,
    comes_back::<clearing::Backtest>,
    comes_back::<clearing::Curve>,
    comes_back::<clearing::Delegate>,
    comes_back::<clearing::Ledger>,
    comes_back::<clearing::Market>,
    comes_back::<clearing::Page>,
    comes_back::<clearing::Peers>,
    comes_back::<clearing::RiskArray>,
    comes_back::<clearing::Sheet>,
    comes_back::<clearing::Triggers>,
    comes_back::<clearing::Volume>,
    comes_back::<governance::AcceptedMargin>,
    comes_back::<governance::Action>,
    comes_back::<governance::Charter>,
    comes_back::<governance::Class>,
    comes_back::<governance::Council>,
    comes_back::<governance::MarginRules>,
    comes_back::<governance::PendingMargin>,
    comes_back::<governance::Version>,
    comes_back::<incentives::Epoch>,
    comes_back::<incentives::Maker>,
    comes_back::<incentives::Programme>,
    comes_back::<oracle::Basket>,
    comes_back::<oracle::Due>,
    comes_back::<oracle::IndexState>,
    comes_back::<oracle::PrintPage>,
    comes_back::<oracle::Reporters>,
    comes_back::<oracle::Settlement>,
    comes_back::<oracle::Stakes>,
    comes_back::<oracle::Submission>,
    comes_back::<vault::Custody>,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, cell)) = bytes.split_first() else { return };
    TYPES[usize::from(*kind) % TYPES.len()](&cell[..cell.len().min(CELL_BYTES)]);
});
