//! The development chain as a client's transport: what a key signs becomes an Ethereum transaction in a block of its
//! own.

use std::ops::RangeInclusive;

use pallet_revive::{
    EthTransactError,
    evm::{Byte, DryRunConfig, GenericTransaction, InputOrData},
};
use sit_client::{
    Artifact, Transport,
    transport::{Head, Log, Mined, Outcome},
};
use sp_core::{H160, U256};

use crate::{
    cost::Weight,
    execution::Cells,
    keyring::Key,
    node::{CHAIN_ID, Included, Refused, Transaction},
    rpc::Devnet,
};

/// Gas of a transaction that is not estimated first: more than any of the exchange needs where a gas costs what it
/// costs at a fee multiplier of one, or more. What is not used is not paid.
const ENOUGH_GAS: u64 = 3_000_000;
/// The same in wei, 24 DOT, for a lower multiplier: deposits and bytes cost what they cost, so the less a gas costs the
/// more of it they take.
const ENOUGH_WEI: u128 = 24 * 10u128.pow(18);

/// What a transaction cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paid {
    /// What its block is charged.
    pub weight: Weight,
    /// Gas, deposits among it.
    pub gas: U256,
    /// What that is in wei.
    pub wei: U256,
    /// Cells of contracts that it touched.
    pub cells: Cells,
}

/// Why a transaction did not come to an end of its own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The chain did not take it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It failed in a block, and not by the contract's word.
    #[error("it is in block {block} and failed there: {fault}")]
    Failed {
        /// The block.
        block: u32,
        /// The error as `Pallet::Error`.
        fault: String,
    },
    /// The chain is broken.
    #[error("the chain cannot go on: {0}")]
    Broken(String),
}

impl Devnet {
    /// Signs a call with a key and sends it; a block that was not sealed by itself takes it when it is sealed.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn post(&mut self, key: &Key, to: Option<[u8; 20]>, input: Vec<u8>) -> Result<sp_core::H256, Refused> {
        let base = self.node.base_fee(self.node.head());
        let call = GenericTransaction {
            chain_id: Some(CHAIN_ID.into()),
            from: Some(key.address),
            to: to.map(H160),
            gas: Some(U256::from(ENOUGH_GAS).max(U256::from(ENOUGH_WEI).checked_div(base).unwrap_or_default())),
            max_fee_per_gas: Some(base),
            max_priority_fee_per_gas: Some(U256::zero()),
            nonce: Some(self.node.pending_nonce(key.address).into()),
            value: Some(U256::zero()),
            input: InputOrData::from(input),
            r#type: Some(Byte(2)),
            ..Default::default()
        };
        self.node.submit(Transaction::sign(call, key.account())?.raw)
    }

    fn done(&mut self, key: &Key, to: Option<[u8; 20]>, input: Vec<u8>) -> Result<(Included, Mined<Paid>), NotDone> {
        let hash = self.post(key, to, input)?;
        while self.node.waiting(&hash).is_some() {
            self.node.seal().map_err(NotDone::Broken)?;
        }
        let (sealed, position) =
            self.node.included(&hash).ok_or_else(|| NotDone::Broken("no block has the transaction".to_owned()))?;
        let included = sealed.transactions[position].clone();
        let number = sealed.number();
        if let Some(fault) = included.fault.clone() {
            return Err(NotDone::Failed { block: number, fault });
        }
        let output = included.output.clone();
        let outcome = if included.succeeded { Outcome::Returned(Some(output)) } else { Outcome::Reverted(output) };
        let cost = Paid {
            weight: included.weight,
            gas: included.gas_used,
            wei: included.gas_used.saturating_mul(included.gas_price),
            cells: included.cells,
        };
        let logs = logs(&included, number);
        Ok((included, Mined { outcome, logs, block: number.into(), cost }))
    }
}

/// What a transaction emitted, as clients read it.
pub(crate) fn logs(included: &Included, block: u32) -> Vec<Log> {
    let logs = included.logs.iter().map(|log| Log {
        address: log.address.0,
        topics: log.topics.iter().map(|topic| topic.0).collect(),
        data: log.data.clone(),
        block: block.into(),
    });
    logs.collect()
}

impl Transport for Devnet {
    type Signer = Key;
    type Cost = Paid;
    type Error = NotDone;

    fn send(&mut self, signer: &Key, to: [u8; 20], calldata: &[u8]) -> Result<Mined<Paid>, NotDone> {
        Ok(self.done(signer, Some(to), calldata.to_vec())?.1)
    }

    fn deploy(&mut self, signer: &Key, artifact: &Artifact, input: &[u8]) -> Result<([u8; 20], Mined<Paid>), NotDone> {
        let code = [artifact.code.as_slice(), input].concat();
        let (included, mined) = self.done(signer, None, code)?;
        Ok((included.created.unwrap_or_default().0, mined))
    }

    fn call(&mut self, signer: Option<&Key>, to: [u8; 20], calldata: &[u8]) -> Result<Outcome, NotDone> {
        let call = GenericTransaction {
            from: signer.map(|signer| signer.address),
            to: Some(H160(to)),
            input: InputOrData::from(calldata.to_vec()),
            ..Default::default()
        };
        let config = DryRunConfig::new().with_perform_balance_checks(Some(false));
        match self.node.call(self.node.head(), call, config) {
            Ok(done) => Ok(Outcome::Returned(Some(done.data))),
            Err(EthTransactError::Data(data)) => Ok(Outcome::Reverted(data)),
            Err(EthTransactError::Message(message)) => Err(Refused::Runtime(message).into()),
        }
    }

    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[[u8; 20]]) -> Result<Vec<Log>, NotDone> {
        let last = (*blocks.end()).min(self.node.head().number().into());
        let mut found = Vec::new();
        for number in *blocks.start()..=last {
            let Some(block) = self.node.block(number) else { continue };
            for included in &block.transactions {
                found.extend(logs(included, block.number()).into_iter().filter(|log| of.contains(&log.address)));
            }
        }
        Ok(found)
    }

    fn head(&mut self) -> Result<Head, NotDone> {
        let head = self.node.head();
        Ok(Head { number: head.number().into(), time: head.time() })
    }
}
