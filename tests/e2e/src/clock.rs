//! What time it is on a chain, and how it becomes later.

use sit_client::rpc::{Limits, Rpc, RpcError};

use serde_json::{Value, json};
use std::time::Duration;

/// The time of a chain.
pub trait Clock: Send {
    /// Time of the newest block in Unix seconds, as contracts see it.
    ///
    /// # Errors
    /// Why the chain did not answer.
    fn now(&mut self) -> Result<u64, RpcError>;

    /// Makes a block of a later time, in Unix seconds; nothing happens when it is later already.
    ///
    /// # Errors
    /// Why the chain did not answer.
    fn later(&mut self, time: u64) -> Result<(), RpcError>;
}

/// An endpoint with time for a chain that was just started.
///
/// # Errors
/// [`RpcError::Address`].
pub(crate) fn endpoint(url: &str) -> Result<Rpc, RpcError> {
    Rpc::new(url, Limits { timeout: Duration::from_secs(120), ..Limits::default() })
}

/// Where a runtime keeps the time of its newest block: twox128("Timestamp") ++ twox128("Now").
const NOW: &str = "0xf0c365c3cf59d671eb72da0e7a4113c49f1f0515f462cdcf84e0f1d6045dfcbb";

/// The clock of a node, over Substrate's JSON-RPC: `evm_setNextBlockTimestamp` and a block.
pub struct NodeClock(Rpc);

impl NodeClock {
    /// The clock of the node at a WebSocket address, which answers HTTP on the same port.
    ///
    /// # Errors
    /// [`RpcError::Address`].
    pub fn of(url: &str) -> Result<Self, RpcError> {
        endpoint(&url.replacen("ws://", "http://", 1)).map(Self)
    }
}

impl Clock for NodeClock {
    fn now(&mut self) -> Result<u64, RpcError> {
        let method = "state_getStorage";
        let found = self.0.read(method, json!([NOW]))?;
        let bytes = sit_client::rpc::hex_bytes(Some(&found)).and_then(|bytes| <[u8; 8]>::try_from(bytes).ok());
        // Milliseconds, in a cell of eight bytes.
        let malformed =
            || RpcError::Malformed { method: method.to_owned(), wanted: "a time", found: found.to_string() };
        bytes.map(|bytes| u64::from_le_bytes(bytes) / 1_000).ok_or_else(malformed)
    }

    fn later(&mut self, time: u64) -> Result<(), RpcError> {
        if self.now()? < time {
            self.0.request("evm_setNextBlockTimestamp", json!([time]))?;
            self.0.request("engine_createBlock", json!([true, true, Value::Null]))?;
        }
        Ok(())
    }
}
