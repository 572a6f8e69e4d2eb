//! What only a chain of one's own can do: move time, mine, take back, give. By the names of Anvil, Hardhat and Ganache.

use alloy_core::primitives::hex;
use codec::{Decode, Encode};
use serde_json::{Value, json};
use sit_client::Deployment;
use sit_engine::oracle::Entry;
use sp_core::{U256, hashing::blake2_256};
use std::time::Duration;

use super::{
    Answer, Devnet, Error, Method, Mining, json as shown,
    params::{self, Params},
    quantity,
};
use crate::node::{CHAIN_ID, LAST_SECOND, MOST_NONCE};

/// Blocks that one request may mine.
const MOST_MINED: u64 = 10_000;

pub(super) const METHODS: &[(&str, Method)] = &[
    ("evm_snapshot", |chain, _| Ok(quantity(chain.node.snapshot()))),
    ("anvil_snapshot", |chain, _| Ok(quantity(chain.node.snapshot()))),
    ("evm_revert", revert),
    ("anvil_revert", revert),
    ("evm_mine", |chain, params| {
        let time = match params.get(0) {
            Some(Value::Object(options)) => options.get("timestamp").filter(|time| !time.is_null()).cloned(),
            given => given.cloned(),
        };
        if let Some(time) = time {
            chain.next_time(params::word(&time, "a time in Unix seconds")?)?;
        }
        chain.seal()?;
        Ok(quantity(0))
    }),
    ("anvil_mine", mine),
    ("hardhat_mine", mine),
    ("evm_increaseTime", increase),
    ("anvil_increaseTime", increase),
    ("evm_setNextBlockTimestamp", set_next),
    ("anvil_setNextBlockTimestamp", set_next),
    ("evm_setTime", set_time),
    ("anvil_setTime", set_time),
    ("anvil_setBlockTimestampInterval", |chain, params| {
        let seconds = params.word(0, "seconds between blocks")?;
        countable(chain.node.head().time().saturating_add(seconds))?;
        chain.node.clock.set_interval(Some(seconds));
        Ok(Value::Null)
    }),
    ("anvil_removeBlockTimestampInterval", |chain, _| {
        chain.node.clock.set_interval(None);
        Ok(Value::Bool(true))
    }),
    ("evm_setAutomine", set_automatic),
    ("anvil_setAutomine", set_automatic),
    ("anvil_getAutomine", |chain, _| Ok(Value::Bool(chain.mining == Mining::Automatic))),
    ("hardhat_getAutomine", |chain, _| Ok(Value::Bool(chain.mining == Mining::Automatic))),
    ("evm_setIntervalMining", set_interval),
    ("anvil_setIntervalMining", set_interval),
    ("anvil_getIntervalMining", |chain, _| {
        Ok(if let Mining::Every(every) = chain.mining { quantity(every.as_secs()) } else { Value::Null })
    }),
    ("anvil_setBalance", set_balance),
    ("hardhat_setBalance", set_balance),
    ("anvil_setNonce", set_nonce),
    ("hardhat_setNonce", set_nonce),
    ("evm_setAccountNonce", set_nonce),
    ("anvil_setStorageAt", set_cell),
    ("hardhat_setStorageAt", set_cell),
    ("anvil_setCode", set_code),
    ("hardhat_setCode", set_code),
    ("anvil_impersonateAccount", impersonate),
    ("hardhat_impersonateAccount", impersonate),
    ("anvil_stopImpersonatingAccount", stop_impersonating),
    ("hardhat_stopImpersonatingAccount", stop_impersonating),
    ("anvil_autoImpersonateAccount", |chain, params| {
        chain.node.impersonation.everybody = params.flag_or(0, "whether everybody may be impersonated", true)?;
        Ok(Value::Null)
    }),
    ("anvil_addBalance", |chain, params| {
        let (address, wei): (_, U256) = (params.address(0)?, params.number(1, "an amount in wei")?);
        let has = chain.node.balance(chain.node.head(), address);
        chain.node.set_balance(address, has.saturating_add(wei)).map_err(Error::server)?;
        Ok(Value::Null)
    }),
    ("anvil_dumpState", |chain, _| Ok(chain.dump().into())),
    ("anvil_loadState", |chain, params| {
        let dump = params.get(0).and_then(Value::as_str).unwrap_or_default().to_owned();
        chain.load(&dump).map_err(Error::params)?;
        Ok(Value::Bool(true))
    }),
    ("anvil_reorg", reorganise),
    ("sit_reorg", reorganise),
    ("anvil_rollback", |chain, params| {
        let depth = if params.get(0).is_some() { depth(params, 0)? } else { 1 };
        chain.node.roll_back(depth).map_err(Error::server)?;
        Ok(Value::Null)
    }),
    ("anvil_dropTransaction", drop_one),
    ("hardhat_dropTransaction", drop_one),
    ("anvil_dropAllTransactions", |chain, _| {
        chain.node.drop_all_waiting();
        Ok(Value::Null)
    }),
    ("anvil_nodeInfo", |chain, _| {
        let head = chain.node.head();
        Ok(json!({
            "currentBlockNumber": quantity(head.number()),
            "currentBlockTimestamp": head.time(),
            "currentBlockHash": shown::bytes(&head.hash().0),
            "hardFork": "Prague",
            "transactionOrder": "fifo",
            "environment": {
                "baseFee": quantity(chain.node.base_fee(head)),
                "chainId": CHAIN_ID,
                "gasLimit": quantity(head.block.gas_limit),
                "gasPrice": quantity(chain.node.base_fee(head)),
            },
            "forkConfig": { "forkUrl": null, "forkBlockNumber": null, "forkRetryBackoff": null },
        }))
    }),
    ("anvil_metadata", metadata),
    ("hardhat_metadata", metadata),
    ("sit_prices", |chain, _| {
        let time = chain.node.head().time();
        let dollars = |atoms: u32| format!("{}.{:06}", atoms / 1_000_000, atoms % 1_000_000);
        let provider = |entry: &Entry| {
            json!({
                "provider": entry.provider,
                "input": dollars(entry.quote.input),
                "output": dollars(entry.quote.output),
                "volume": entry.quote.volume,
            })
        };
        Ok(json!({ "time": time, "providers": chain.prices.iter().map(provider).collect::<Vec<_>>() }))
    }),
    ("sit_play", |chain, _| {
        let rounds = chain
            .rounds
            .as_mut()
            .ok_or_else(|| Error::server("no market waits to be asked for a round: start the chain with --turns"))?;
        rounds.asked += 1;
        Ok(quantity(rounds.asked))
    }),
    ("sit_played", |chain, _| Ok(quantity(chain.rounds.map_or(0, |rounds| rounds.played)))),
    ("sit_mintUsdc", |chain, params| {
        let (address, atoms) = (params.address(0)?, params.word(1, "an amount in atoms, 10^-6 USDC")?);
        chain.node.mint_usdc(address, atoms.into()).map_err(Error::server)?;
        Ok(Value::Null)
    }),
];

impl Devnet {
    /// The chain and where its exchange is, behind a hash of both, in hexadecimal: for [`Devnet::load`].
    #[must_use]
    pub fn dump(&self) -> String {
        let chain = (self.deployment.to_json(), self.node.dump()).encode();
        hex::encode_prefixed([&blake2_256(&chain)[..], &chain].concat())
    }

    /// Becomes the chain of a dump.
    ///
    /// # Errors
    /// A sentence when the text is no dump, and nothing has changed then; the disk's.
    pub fn load(&mut self, dump: &str) -> Result<(), String> {
        let damaged = || "this is no dump of anvil_dumpState of this version, or not all of it as it was".to_owned();
        let bytes = hex::decode(dump).map_err(|_| damaged())?;
        // A state of which a byte has changed could be read for a while, and then not.
        let (hash, mut chain) = bytes.split_at_checked(32).ok_or_else(damaged)?;
        if hash != blake2_256(chain) {
            return Err(damaged());
        }
        let (deployment, node) = <(String, Vec<u8>)>::decode(&mut chain).map_err(|_| damaged())?;
        let deployment = Deployment::from_json(&deployment).map_err(|error| error.to_string())?;
        self.node.load(&node)?;
        self.deployment = deployment;
        Ok(())
    }

    fn next_time(&mut self, seconds: u64) -> Result<(), Error> {
        let now = self.node.head().time();
        if seconds < now {
            return Err(Error::params(format!(
                "time cannot go back: the newest block is at {now}, and {seconds} was asked"
            )));
        }
        countable(seconds)?;
        self.node.clock.set_next(seconds);
        Ok(())
    }
}

/// Refuses a time that contracts cannot count.
fn countable(seconds: u64) -> Result<(), Error> {
    if seconds <= LAST_SECOND {
        return Ok(());
    }
    Err(Error::params(format!("the exchange counts seconds up to {LAST_SECOND}, and {seconds} was asked")))
}

fn depth(params: &Params, position: usize) -> Result<u32, Error> {
    let depth = params.word(position, "a number of blocks")?;
    let most = u32::MAX;
    u32::try_from(depth).map_err(|_| Error::params(format!("{depth} blocks cannot be taken back: at most {most} are")))
}

fn revert(chain: &mut Devnet, params: &Params) -> Answer {
    let snapshot = params.word(0, "a snapshot's number")?;
    chain.node.revert(snapshot).map(Value::Bool).map_err(Error::server)
}

fn mine(chain: &mut Devnet, params: &Params) -> Answer {
    let count = params.word_or(0, "a number of blocks", 1)?;
    if count > MOST_MINED {
        return Err(Error::params(format!("at most {MOST_MINED} blocks are mined at once, and {count} were asked")));
    }
    let interval = params.get(1).map(|value| params::word(value, "seconds between blocks")).transpose()?;
    for number in 0..count {
        if let Some(interval) = interval.filter(|_| number > 0) {
            chain.next_time(chain.node.head().time().saturating_add(interval))?;
        }
        chain.seal()?;
        // Told of ten thousand at once, whoever listens would be let go for not having read them.
        chain.deliver();
    }
    Ok(Value::Null)
}

fn increase(chain: &mut Devnet, params: &Params) -> Answer {
    let seconds = params.word(0, "seconds")?;
    let head = chain.node.head().time();
    countable(chain.node.next_time().saturating_add(seconds))?;
    chain.node.clock.increase(seconds, head);
    Ok(quantity(seconds))
}

fn set_next(chain: &mut Devnet, params: &Params) -> Answer {
    chain.next_time(params.word(0, "a time in Unix seconds")?)?;
    Ok(Value::Null)
}

fn set_time(chain: &mut Devnet, params: &Params) -> Answer {
    let seconds = params.word(0, "a time in Unix seconds")?;
    let before = chain.node.next_time();
    chain.next_time(seconds)?;
    chain.node.clock.set(seconds);
    Ok(quantity(seconds.saturating_sub(before)))
}

fn set_automatic(chain: &mut Devnet, params: &Params) -> Answer {
    chain.mining =
        if params.flag_or(0, "whether every transaction is mined", true)? { Mining::Automatic } else { Mining::Manual };
    Ok(Value::Null)
}

fn set_interval(chain: &mut Devnet, params: &Params) -> Answer {
    let seconds = params.word(0, "seconds between blocks")?;
    // Of the machine's clock, which takes no more in some places than contracts do.
    countable(seconds)?;
    chain.mining = if seconds == 0 { Mining::Manual } else { Mining::Every(Duration::from_secs(seconds)) };
    Ok(Value::Null)
}

fn set_balance(chain: &mut Devnet, params: &Params) -> Answer {
    let (address, wei): (_, U256) = (params.address(0)?, params.number(1, "a balance in wei")?);
    chain.node.set_balance(address, wei).map_err(Error::server)?;
    Ok(Value::Null)
}

fn set_nonce(chain: &mut Devnet, params: &Params) -> Answer {
    let (address, nonce) = (params.address(0)?, params.word(1, "a nonce")?);
    let nonce = u32::try_from(nonce).ok().filter(|nonce| u64::from(*nonce) <= MOST_NONCE);
    let nonce = nonce.ok_or_else(|| Error::params(format!("a nonce is at most {MOST_NONCE} here")))?;
    chain.node.set_nonce(address, nonce).map_err(Error::server)?;
    Ok(Value::Null)
}

fn set_cell(chain: &mut Devnet, params: &Params) -> Answer {
    let (address, key) = (params.address(0)?, params.number(1, "a key of a cell")?);
    let value = params.bytes(2, "what the cell is to have")?;
    chain.node.set_cell(address, key.to_big_endian(), value).map_err(Error::server)?;
    Ok(Value::Bool(true))
}

fn set_code(chain: &mut Devnet, params: &Params) -> Answer {
    let (address, code) = (params.address(0)?, params.bytes(1, "code")?);
    chain.node.set_code(address, code).map_err(Error::server)?;
    Ok(Value::Null)
}

fn impersonate(chain: &mut Devnet, params: &Params) -> Answer {
    let address = params.address(0)?;
    chain.node.impersonation.some.insert(address);
    Ok(Value::Null)
}

fn stop_impersonating(chain: &mut Devnet, params: &Params) -> Answer {
    let address = params.address(0)?;
    chain.node.impersonation.some.remove(&address);
    Ok(Value::Null)
}

fn reorganise(chain: &mut Devnet, params: &Params) -> Answer {
    let depth = depth(params, 0)?;
    let mut transactions = Vec::new();
    for pair in params.get(1).and_then(Value::as_array).into_iter().flatten() {
        let (Some(raw), Some(at)) = (pair.get(0), pair.get(1)) else {
            return Err(Error::params(
                "a transaction of a reorg is a pair: its signed bytes, and the block's position",
            ));
        };
        let at = u32::try_from(params::word(at, "the block's position")?).unwrap_or(u32::MAX);
        transactions.push((params::bytes(raw, "a signed transaction")?, at));
    }
    chain.node.reorganise(depth, &transactions).map_err(Error::server)?;
    Ok(Value::Null)
}

fn drop_one(chain: &mut Devnet, params: &Params) -> Answer {
    let hash = params.hash(0, "a transaction's hash")?;
    Ok(if chain.node.drop_waiting(&hash) { shown::bytes(&hash.0) } else { Value::Null })
}

fn metadata(chain: &mut Devnet, _: &Params) -> Answer {
    let head = chain.node.head();
    Ok(json!({
        "clientVersion": super::debug::VERSION,
        "chainId": CHAIN_ID,
        "instanceId": chain.node.block(0).map(|block| shown::bytes(&block.hash().0)),
        "latestBlockNumber": quantity(head.number()),
        "latestBlockHash": shown::bytes(&head.hash().0),
        "forkedNetwork": null,
        "snapshots": {},
    }))
}
