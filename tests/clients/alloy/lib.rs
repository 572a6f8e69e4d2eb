//! alloy as a client of the development chain: what people who write bots in Rust use. The test is all there is.

// Used by the test alone. Were they its own dependencies, programs and tests would ask for other features of the crates
// that both stand on, and those would be compiled twice.
use alloy_contract as _;
use alloy_core as _;
use alloy_network as _;
use alloy_provider as _;
use alloy_rpc_types_eth as _;
use alloy_signer_local as _;
use serde_json as _;
use sit_programs as _;
use tokio as _;
