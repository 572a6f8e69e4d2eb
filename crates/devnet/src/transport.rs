//! The chain in process as a client's transport.

use std::ops::RangeInclusive;

use alloy_core::primitives::Address;
use sit_client::{
    Artifact, Signer, Transport,
    transport::{Head, Log, Mined, Outcome},
};

use crate::{
    account::Account,
    block::BlockFull,
    chain::Chain,
    contract::Deployed,
    cost::Cost,
    execution::{Execution, Fault, Message, Returned},
};

/// Why a transaction did not come to an end of its own. The state is as it was before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// The block has no room for it.
    #[error(transparent)]
    BlockFull(#[from] BlockFull),
    /// The code panicked or broke a rule of the virtual machine: a bug in the contract.
    #[error("the contract panicked; it should return a named error instead")]
    Trapped,
    /// It needs more than one transaction may use, 80 % of a block.
    #[error("it does not fit into any block; split the work over several messages")]
    OutOfGas,
    /// The runtime refused, for instance a transfer without funds.
    #[error("the runtime refused it: {0}")]
    Dispatch(String),
}

impl Signer for Account {
    fn address(&self) -> [u8; 20] {
        self.address.into_array()
    }
}

impl Transport for Chain {
    type Signer = Account;
    type Cost = Cost;
    type Error = Stopped;

    fn send(&mut self, signer: &Account, to: [u8; 20], calldata: &[u8]) -> Result<Mined<Cost>, Stopped> {
        let contract = self.contracts.get(&Address::from(to));
        let label = contract.and_then(|contract| Some(format!("{}.{}", contract.name, named(contract, calldata)?)));
        let blob_bytes = contract.map_or(0, |contract| contract.blob_bytes);
        self.expect(label.as_deref());
        let execution = self.submit(signer, &Message::Call { to, data: calldata.to_vec() });
        self.expect(None);
        let (_, mined) = self.mined(execution?, blob_bytes)?;
        if let (Some(label), Outcome::Returned(_)) = (label, &mined.outcome) {
            self.observe(&label, &mined.cost);
            self.keep_recording(mined.cost.metered);
        }
        Ok(mined)
    }

    fn deploy(
        &mut self,
        signer: &Account,
        artifact: &Artifact,
        input: &[u8],
    ) -> Result<([u8; 20], Mined<Cost>), Stopped> {
        let message = Message::Deploy { code: artifact.code.clone(), data: input.to_vec() };
        let execution = self.submit(signer, &message)?;
        let blob_bytes = u64::try_from(artifact.code.len()).unwrap_or(u64::MAX);
        let (address, mined) = self.mined(execution, blob_bytes)?;
        if let Outcome::Returned(_) = mined.outcome {
            let (name, abi) = (artifact.name.clone(), artifact.abi.clone());
            self.register(&Deployed { name, address: address.into(), abi, blob_bytes });
            self.observe(&format!("{}.constructor", artifact.name), &mined.cost);
        }
        Ok((address, mined))
    }

    fn call(&mut self, signer: Option<&Account>, to: [u8; 20], calldata: &[u8]) -> Result<Outcome, Stopped> {
        let reader = self.reader().clone();
        let execution = self.dry_run(signer.unwrap_or(&reader), &Message::Call { to, data: calldata.to_vec() });
        ended(execution.result).map(|(_, outcome)| outcome)
    }

    fn logs(&mut self, blocks: RangeInclusive<u64>, of: &[[u8; 20]]) -> Result<Vec<Log>, Stopped> {
        let wanted = |log: &&Log| blocks.contains(&log.block) && of.contains(&log.address);
        Ok(self.emitted().iter().filter(wanted).cloned().collect())
    }

    /// The block under construction: what is sent now becomes part of it, and contracts see its time.
    fn head(&mut self) -> Result<Head, Stopped> {
        Ok(Head { number: self.block().number.into(), time: self.now() })
    }
}

impl Chain {
    /// What became of a transaction, and the address of a contract that it created.
    fn mined(&self, execution: Execution, blob_bytes: u64) -> Result<([u8; 20], Mined<Cost>), Stopped> {
        let cost = self.cost(&execution, blob_bytes);
        let block = self.block().number.into();
        let logs = execution.logs(block);
        let (address, outcome) = ended(execution.result)?;
        let logs = if let Outcome::Returned(_) = outcome { logs } else { Vec::new() };
        Ok((address, Mined { outcome, logs, block, cost }))
    }
}

impl Execution {
    /// What it emitted, as the logs of a block.
    pub(crate) fn logs(&self, block: u64) -> Vec<Log> {
        let logs = self.events.iter().map(|event| Log {
            address: event.contract,
            topics: event.topics.clone(),
            data: event.data.clone(),
            block,
        });
        logs.collect()
    }
}

fn ended(result: Result<Returned, Fault>) -> Result<([u8; 20], Outcome), Stopped> {
    match result {
        Ok(Returned { reverted: true, data, address }) => Ok((address, Outcome::Reverted(data))),
        Ok(Returned { data, address, .. }) => Ok((address, Outcome::Returned(Some(data)))),
        Err(Fault::OutOfGas) => Err(Stopped::OutOfGas),
        Err(Fault::Trapped) => Err(Stopped::Trapped),
        Err(Fault::Dispatch(reason)) => Err(Stopped::Dispatch(reason)),
    }
}

/// The name of the message that this calldata sends.
fn named<'a>(contract: &'a Deployed, calldata: &[u8]) -> Option<&'a str> {
    let selector = calldata.first_chunk::<4>()?;
    let function = contract.abi.functions().find(|function| function.selector() == *selector)?;
    Some(&function.name)
}
