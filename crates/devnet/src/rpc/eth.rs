//! Blocks, accounts, calls and transactions.

use std::sync::Arc;

use pallet_revive::evm::{Byte, DryRunConfig, GenericTransaction, StateOverrideSet};
use serde_json::{Value, json};
use sp_core::{H160, H256, U256, hashing::keccak_256};

use super::{
    Answer, Devnet, Error, Method, Mining, json as shown,
    params::{self, BlockId, Params},
    quantity, typed_data,
};
use crate::node::{CHAIN_ID, Refused, Sealed, Transaction, sendable};

/// Blocks of one answer about fees at most.
const MOST_FEE_BLOCKS: u64 = 1_024;
/// Percentiles of one question about fees at most, as Geth has it: each is a column in a row for each block.
const MOST_PERCENTILES: usize = 100;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("eth_chainId", |chain, _| Ok(quantity(chain.chain_id()))),
    ("eth_syncing", |_, _| Ok(Value::Bool(false))),
    ("eth_mining", |_, _| Ok(Value::Bool(true))),
    ("eth_hashrate", |_, _| Ok(quantity(0))),
    ("eth_protocolVersion", |_, _| Ok(quantity(68))),
    ("eth_accounts", |chain, _| Ok(chain.keys.iter().map(|key| shown::bytes(&key.address.0)).collect())),
    ("eth_coinbase", |chain, _| Ok(shown::bytes(&chain.node.head().block.miner.0))),
    ("eth_blockNumber", |chain, _| Ok(quantity(chain.seen().number()))),
    ("eth_gasPrice", |chain, _| Ok(quantity(chain.node.base_fee(chain.node.head())))),
    ("eth_maxPriorityFeePerGas", |_, _| Ok(quantity(0))),
    ("eth_blobBaseFee", |_, _| Ok(quantity(1))),
    ("eth_feeHistory", fee_history),
    ("eth_getBlockByNumber", block_by_number),
    ("eth_getBlockByHash", block_by_hash),
    ("eth_getBlockReceipts", block_receipts),
    ("eth_getBlockTransactionCountByNumber", transaction_count),
    ("eth_getBlockTransactionCountByHash", transaction_count),
    ("eth_getUncleCountByBlockNumber", |chain, params| {
        Ok(chain.found(params, 0)?.map_or(Value::Null, |_| quantity(0)))
    }),
    ("eth_getUncleCountByBlockHash", |chain, params| Ok(chain.found(params, 0)?.map_or(Value::Null, |_| quantity(0)))),
    ("eth_getUncleByBlockNumberAndIndex", |_, _| Ok(Value::Null)),
    ("eth_getUncleByBlockHashAndIndex", |_, _| Ok(Value::Null)),
    ("eth_getTransactionByHash", transaction_by_hash),
    ("eth_getTransactionByBlockNumberAndIndex", transaction_by_position),
    ("eth_getTransactionByBlockHashAndIndex", transaction_by_position),
    ("eth_getRawTransactionByHash", raw_transaction),
    ("eth_getTransactionReceipt", receipt),
    ("eth_getBalance", |chain, params| {
        let (address, block) = (params.address(0)?, chain.state(params, 1)?);
        Ok(quantity(chain.node.balance(&block, address)))
    }),
    ("eth_getTransactionCount", |chain, params| {
        let address = params.address(0)?;
        if params.block(1)? == BlockId::Pending && !chain.pending_is_latest {
            return Ok(quantity(chain.node.pending_nonce(address)));
        }
        let block = chain.state(params, 1)?;
        Ok(quantity(chain.node.nonce(&block, address)))
    }),
    ("eth_getCode", |chain, params| {
        let (address, block) = (params.address(0)?, chain.state(params, 1)?);
        Ok(shown::bytes(&chain.node.code(&block, address)))
    }),
    ("eth_getStorageAt", |chain, params| {
        let (address, key) = (params.address(0)?, params.number(1, "a key of a cell")?);
        let block = chain.state(params, 2)?;
        let mut cell = chain.node.cell(&block, address, key.to_big_endian()).unwrap_or_default();
        // A cell of EVM code has 32 bytes, one that was never written too; one of PolkaVM code has up to 416.
        if cell.len() < 32 {
            cell = [vec![0; 32 - cell.len()], cell].concat();
        }
        Ok(shown::bytes(&cell))
    }),
    ("eth_call", call),
    ("eth_estimateGas", estimate),
    ("eth_createAccessList", |chain, params| Ok(json!({ "accessList": [], "gasUsed": estimate(chain, params)? }))),
    ("eth_fillTransaction", fill),
    ("eth_sendRawTransaction", |chain, params| {
        let hash = chain.submit(params.bytes(0, "the signed transaction")?)?;
        Ok(shown::bytes(&hash.0))
    }),
    ("eth_sendRawTransactionSync", |chain, params| {
        let hash = chain.submit(params.bytes(0, "the signed transaction")?)?;
        if chain.node.included(&hash).is_none() {
            chain.seal()?;
        }
        let (block, position) = chain
            .node
            .included(&hash)
            .ok_or_else(|| Error::new(4, "the transaction waits for one with a lower nonce, and has no receipt yet"))?;
        Ok(shown::receipt(&block, position))
    }),
    ("eth_sendTransaction", send),
    ("eth_signTransaction", |chain, params| {
        let call = params.call(0)?;
        let signed = chain.signed(call)?;
        Ok(json!({ "raw": shown::bytes(&signed.raw), "tx": shown::waiting(&signed) }))
    }),
    ("eth_sign", |chain, params| chain.sign_message(params.address(0)?, &params.bytes(1, "the message")?)),
    ("eth_signTypedData_v4", |chain, params| {
        let address = params.address(0)?;
        // Wallets take the data as JSON or as a text of it.
        let given = params.get(1).cloned().unwrap_or_default();
        let data = match &given {
            Value::String(text) => serde_json::from_str(text)
                .map_err(|error| Error::params(format!("the typed data is no JSON: {error}")))?,
            other => other.clone(),
        };
        let digest = typed_data::digest(&data).map_err(Error::params)?;
        let key = chain.key(address).ok_or_else(|| unknown(address))?;
        let signature = key.sign_digest(&digest).ok_or_else(|| Error::server("the key cannot sign"))?;
        Ok(shown::bytes(&signature))
    }),
    ("personal_sign", |chain, params| chain.sign_message(params.address(1)?, &params.bytes(0, "the message")?)),
];

impl Devnet {
    /// The block that a parameter names; `None` for one that there is not.
    pub(super) fn found(&self, params: &Params, position: usize) -> Result<Option<Arc<Sealed>>, Error> {
        Ok(match params.block(position)? {
            BlockId::Latest | BlockId::Pending => Some(self.seen()),
            BlockId::Number(number) => self.node.block(number),
            BlockId::Hash(hash) => self.node.block_of(&hash),
        }
        .filter(|block| block.number() <= self.seen().number()))
    }

    /// Where a transaction is, as far as the request under way sees.
    fn included(&self, hash: &H256) -> Option<(Arc<Sealed>, usize)> {
        self.node.included(hash).filter(|(block, _)| block.number() <= self.seen().number())
    }

    /// The block that a parameter names.
    pub(super) fn known(&self, params: &Params, position: usize) -> Result<Arc<Sealed>, Error> {
        let head = self.node.head().number();
        let none = || Error::new(-32001, format!("there is no such block: the newest is {head}"));
        self.found(params, position)?.ok_or_else(none)
    }

    /// The block whose state a parameter names.
    pub(super) fn state(&self, params: &Params, position: usize) -> Result<Arc<Sealed>, Error> {
        let block = self.known(params, position)?;
        if block.number() < self.node.oldest() {
            let oldest = self.node.oldest();
            let number = block.number();
            return Err(Error::server(format!(
                "the state of block {number} is forgotten: states are kept from block {oldest} on (see --history)"
            )));
        }
        Ok(block)
    }

    /// Takes signed bytes, and seals a block where that is done with every transaction.
    pub(super) fn submit(&mut self, raw: Vec<u8>) -> Result<H256, Error> {
        let hash = self.node.submit(raw)?;
        if self.mining == Mining::Automatic {
            while self.node.has_ready() {
                self.seal()?;
            }
            if self.node.included(&hash).is_none() && self.node.waiting(&hash).is_none() {
                return Err(Error::new(-32003, "the runtime did not take the transaction into a block"));
            }
        }
        Ok(hash)
    }

    /// A call as the newest block would do it: with the time of the block that comes next where that is asked.
    fn prepared(
        &self,
        mut call: GenericTransaction,
        params: &Params,
        default: BlockId,
    ) -> Result<(GenericTransaction, Arc<Sealed>, DryRunConfig<u64>), Error> {
        let id = if params.get(1).is_some() { params.block(1)? } else { default };
        let block = if params.get(1).is_some() { self.state(params, 1)? } else { self.seen() };
        let overrides: Option<StateOverrideSet> = params::usable(params.typed_or(2, "state overrides")?)?;
        let time = match params.get(3).and_then(|block| block.get("time").or_else(|| block.get("timestamp"))) {
            Some(time) => Some(params::word(time, "the block's time")?),
            None => (id == BlockId::Pending).then(|| self.node.next_time()),
        };
        sendable(&call).map_err(Refused::from)?;
        // A question has no number among the sender's transactions, and costs nothing.
        call.nonce = None;
        (call.gas_price, call.max_fee_per_gas, call.max_priority_fee_per_gas) = (None, None, None);
        call.r#type = None;
        if let Some(id) = call.chain_id.filter(|id| *id != CHAIN_ID.into()) {
            return Err(Error::server(format!("chain id {id} is not {CHAIN_ID}")));
        }
        let config = DryRunConfig::new()
            .with_timestamp_override(time.map(|seconds| seconds.saturating_mul(1_000)))
            .with_perform_balance_checks(Some(false))
            .with_state_overrides(overrides);
        Ok((call, block, config))
    }

    /// A call with all that a transaction has: nonce, gas, fees, chain.
    fn filled(&self, mut call: GenericTransaction) -> Result<GenericTransaction, Error> {
        sendable(&call).map_err(Refused::from)?;
        let base = self.node.base_fee(self.node.head());
        let from = call.from.ok_or_else(|| Error::params("the transaction names no sender: from"))?;
        call.chain_id.get_or_insert(CHAIN_ID.into());
        call.nonce.get_or_insert_with(|| self.node.pending_nonce(from).into());
        call.value.get_or_insert(U256::zero());
        if call.gas.is_none() {
            let gas = self.estimated(call.clone())?;
            // The state may move before a block has it; what is not used is not paid.
            call.gas = Some(gas.saturating_add(gas / 5));
        }
        if call.gas_price.is_some() && call.max_fee_per_gas.is_none() {
            // Whoever lists what they access sends the type that has a list (EIP-2930).
            call.r#type = Some(Byte(u8::from(call.access_list.is_some())));
            return Ok(call);
        }
        // Twice the price of today, as wallets do; what is paid is the price of the block.
        call.max_fee_per_gas.get_or_insert(base.saturating_mul(2.into()));
        call.max_priority_fee_per_gas.get_or_insert(U256::zero());
        call.r#type = Some(Byte(2));
        Ok(call)
    }

    fn estimated(&self, call: GenericTransaction) -> Result<U256, Error> {
        let none = Params::new(&Value::Null)?;
        let to = call.to;
        let (call, block, config) = self.prepared(call, &none, BlockId::Pending)?;
        self.node.estimate(&block, call, config).map_err(|error| self.failed(to, error))
    }

    fn signed(&self, call: GenericTransaction) -> Result<Transaction, Error> {
        let from = call.from.ok_or_else(|| Error::params("the transaction names no sender: from"))?;
        let signed = match self.key(from).cloned() {
            Some(key) => Transaction::sign(self.filled(call)?, key.account()),
            None if self.node.impersonation.covers(from) => Transaction::stand_in(self.filled(call)?),
            None => return Err(unknown(from)),
        };
        Ok(signed.map_err(Refused::from)?)
    }

    /// Signs a text as wallets do (EIP-191).
    fn sign_message(&self, address: H160, message: &[u8]) -> Answer {
        let key = self.key(address).ok_or_else(|| unknown(address))?;
        let head = format!("\x19Ethereum Signed Message:\n{}", message.len());
        let digest = keccak_256(&[head.as_bytes(), message].concat());
        let signature = key.sign_digest(&digest).ok_or_else(|| Error::server("the key cannot sign"))?;
        Ok(shown::bytes(&signature))
    }
}

fn unknown(address: H160) -> Error {
    Error::server(format!(
        "the key of {address:?} is not known here: sign the transaction and send it raw, or impersonate the address \
         (anvil_impersonateAccount)"
    ))
}

fn fee_history(chain: &mut Devnet, params: &Params) -> Answer {
    let count = params.word(0, "a number of blocks")?.min(MOST_FEE_BLOCKS);
    let newest = match params.block(1)? {
        BlockId::Latest | BlockId::Pending => chain.node.head().number(),
        _ => chain.known(params, 1)?.number(),
    };
    let percentiles: Vec<f64> = params.typed_or(2, "percentiles")?.unwrap_or_default();
    if percentiles.iter().any(|share| !(0.0..=100.0).contains(share)) || !percentiles.is_sorted() {
        return Err(Error::params("percentiles are numbers from 0 to 100 that rise"));
    }
    if percentiles.len() > MOST_PERCENTILES {
        let count = percentiles.len();
        return Err(Error::params(format!("at most {MOST_PERCENTILES} percentiles are told, and {count} were asked")));
    }
    let count = u32::try_from(count).unwrap_or(u32::MAX).min(newest.saturating_add(1));
    let first = newest + 1 - count;
    let blocks: Vec<Arc<Sealed>> = (first..=newest).filter_map(|number| chain.node.block(number.into())).collect();
    let next = quantity(chain.node.base_fee(chain.node.head()));
    if count == 0 {
        return Ok(json!({ "oldestBlock": quantity(0), "baseFeePerGas": [], "gasUsedRatio": [] }));
    }
    let fees = blocks.iter().map(|block| quantity(block.block.base_fee_per_gas)).chain([next]);
    let limit = chain.node.block_limit();
    // A block's gas has no bound here, so the ratio is that of what binds: its weight.
    let full = |block: &Arc<Sealed>| {
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        share(block.weight.ref_time, limit.ref_time).max(share(block.weight.proof_size, limit.proof_size)).min(1.0)
    };
    let mut history = json!({
        "oldestBlock": quantity(first),
        "baseFeePerGas": fees.collect::<Vec<_>>(),
        "gasUsedRatio": blocks.iter().map(full).collect::<Vec<f64>>(),
        "baseFeePerBlobGas": vec![quantity(1); blocks.len() + 1],
        "blobGasUsedRatio": vec![0.0; blocks.len()],
    });
    if !percentiles.is_empty() {
        // Nobody's tip counts on the Hub.
        let row: Vec<Value> = percentiles.iter().map(|_| quantity(0)).collect();
        history["reward"] = json!(vec![row; blocks.len()]);
    }
    Ok(history)
}

fn block_by_number(chain: &mut Devnet, params: &Params) -> Answer {
    let full = params.flag_or(1, "whether transactions are shown", false)?;
    if params.block(0)? == BlockId::Pending && !chain.pending_is_latest {
        let ready: Vec<Transaction> = chain
            .node
            .waiting_all()
            .into_iter()
            .filter(|(ready, _)| *ready)
            .map(|(_, transaction)| transaction)
            .collect();
        return Ok(shown::pending(chain.node.head(), &ready, chain.node.next_time(), full));
    }
    Ok(chain.found(params, 0)?.map_or(Value::Null, |block| shown::block(&block, full)))
}

fn block_by_hash(chain: &mut Devnet, params: &Params) -> Answer {
    let (hash, full) = (params.hash(0, "a block's hash")?, params.flag_or(1, "whether transactions are shown", false)?);
    Ok(chain.node.block_of(&hash).map_or(Value::Null, |block| shown::block(&block, full)))
}

fn block_receipts(chain: &mut Devnet, params: &Params) -> Answer {
    Ok(chain.found(params, 0)?.map_or(Value::Null, |block| {
        (0..block.transactions.len()).map(|position| shown::receipt(&block, position)).collect()
    }))
}

fn transaction_count(chain: &mut Devnet, params: &Params) -> Answer {
    Ok(chain.found(params, 0)?.map_or(Value::Null, |block| quantity(block.transactions.len())))
}

fn transaction_by_hash(chain: &mut Devnet, params: &Params) -> Answer {
    let hash = params.hash(0, "a transaction's hash")?;
    if let Some((block, position)) = chain.included(&hash) {
        return Ok(shown::transaction(&block, position));
    }
    Ok(chain.node.waiting(&hash).map_or(Value::Null, shown::waiting))
}

fn transaction_by_position(chain: &mut Devnet, params: &Params) -> Answer {
    let position = usize::try_from(params.word(1, "a position in the block")?).unwrap_or(usize::MAX);
    Ok(chain.found(params, 0)?.map_or(Value::Null, |block| shown::transaction(&block, position)))
}

fn raw_transaction(chain: &mut Devnet, params: &Params) -> Answer {
    let hash = params.hash(0, "a transaction's hash")?;
    if let Some((block, position)) = chain.node.included(&hash) {
        let included = block.transactions.get(position);
        return Ok(included.map_or(Value::Null, |included| shown::bytes(&included.transaction.raw)));
    }
    Ok(chain.node.waiting(&hash).map_or(Value::Null, |transaction| shown::bytes(&transaction.raw)))
}

fn receipt(chain: &mut Devnet, params: &Params) -> Answer {
    let hash = params.hash(0, "a transaction's hash")?;
    Ok(chain.included(&hash).map_or(Value::Null, |(block, position)| shown::receipt(&block, position)))
}

fn call(chain: &mut Devnet, params: &Params) -> Answer {
    let call = params.call(0)?;
    let to = call.to;
    let (call, block, config) = chain.prepared(call, params, BlockId::Latest)?;
    let done = chain.node.call(&block, call, config).map_err(|error| chain.failed(to, error))?;
    Ok(shown::bytes(&done.data))
}

fn estimate(chain: &mut Devnet, params: &Params) -> Answer {
    let call = params.call(0)?;
    let to = call.to;
    let (call, block, config) = chain.prepared(call, params, BlockId::Pending)?;
    let gas = chain.node.estimate(&block, call, config).map_err(|error| chain.failed(to, error))?;
    Ok(quantity(gas))
}

fn fill(chain: &mut Devnet, params: &Params) -> Answer {
    let call = chain.filled(params.call(0)?)?;
    let unsigned = call
        .clone()
        .try_into_unsigned()
        .map_err(|()| Error::params("the transaction has a type that cannot be filled"))?;
    let raw = unsigned.with_signature([0; 65]).signed_payload();
    let mut filled = serde_json::to_value(&call).unwrap_or_default();
    filled["input"] = shown::bytes(&call.input.clone().to_vec());
    Ok(json!({ "raw": shown::bytes(&raw), "tx": filled }))
}

fn send(chain: &mut Devnet, params: &Params) -> Answer {
    let signed = chain.signed(params.call(0)?)?;
    let hash = chain.submit(signed.raw)?;
    Ok(shown::bytes(&hash.0))
}
