//! Any bytes as messages to the native exchange: every invariant holds after each, and who is refused leaves no trace
//! (`crates/market/src/bytes.rs`).
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use sit_market::bytes::Ready;

static READY: OnceLock<Ready> = OnceLock::new();

fuzz_target!(|bytes: &[u8]| {
    if let Err(broken) = READY.get_or_init(Ready::default).run(bytes) {
        panic!("{broken}");
    }
});
