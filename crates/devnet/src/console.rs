//! What happens on the chain, for whoever watches: a line for each block and for each transaction in it.

use sit_client::codec;
use sit_native::{Argument, Contract, Message};
use sp_core::{H160, U256};

use crate::{
    cost::Weight,
    node::{Included, Sealed, Transaction, dot},
    rpc::Devnet,
};

/// Characters of an argument that are shown.
const MOST_OF_AN_ARGUMENT: usize = 48;

impl Devnet {
    /// Who an address is.
    #[must_use]
    pub fn name_of(&self, address: H160) -> String {
        if let Some(key) = self.key(address) {
            return key.name.clone();
        }
        let contract = self.deployment.contract_at(address.0);
        contract.map_or_else(|| format!("{address:?}"), |contract| contract.name().to_owned())
    }

    /// A block's line, and one for each of its transactions: who, what, what came of it, its share of the block, what
    /// it cost.
    #[must_use]
    pub fn told(&self, sealed: &Sealed) -> String {
        let limit = self.node.block_limit();
        let mut text = format!(
            "block {} {:?} at {}: {} transactions, {} of a block\n",
            sealed.number(),
            sealed.hash(),
            sealed.time(),
            sealed.transactions.len(),
            share(sealed.weight, limit)
        );
        for included in &sealed.transactions {
            text.push_str(&self.told_of(included, limit));
        }
        text
    }

    /// The line of a transaction that no block can take yet, because one before it is not there; `None` for any other.
    /// Nothing else tells its sender: their wallet says for good that it is on its way.
    #[must_use]
    pub fn told_waiting(&self, transaction: &Transaction) -> Option<String> {
        let next = self.node.pending_nonce(transaction.from);
        let (name, nonce) = (self.name_of(transaction.from), transaction.nonce);
        (next < nonce).then(|| {
            format!("{name}: nonce {nonce} waits for {next} (chain was restarted? clear MetaMask's activity data)\n")
        })
    }

    fn told_of(&self, included: &Included, limit: Weight) -> String {
        let transaction = &included.transaction;
        let what = match transaction.to {
            Some(to) => self.told_call(to, &transaction.input),
            None => {
                let created = included.created.map(|created| self.name_of(created)).unwrap_or_default();
                format!("deploys {created} ({} bytes)", transaction.input.len())
            }
        };
        let value =
            if transaction.value.is_zero() { String::new() } else { format!(", {} DOT", dot(transaction.value)) };
        let outcome = match (&included.fault, included.succeeded) {
            (_, true) => "done".to_owned(),
            (Some(fault), false) => format!("FAILED, {fault}"),
            (None, false) => format!("REFUSED, {}", self.refusal(transaction.to, &included.output)),
        };
        let cost = included.gas_used.saturating_mul(included.gas_price);
        format!(
            "  {} {what}{value} | {outcome} | {} of a block | {} DOT\n",
            self.name_of(transaction.from),
            share(included.weight, limit),
            dot(cost)
        )
    }

    fn told_call(&self, to: H160, input: &[u8]) -> String {
        let name = self.name_of(to);
        let Some(message) = self.deployment.contract_at(to.0).and_then(|contract| read(contract, input)) else {
            let selector = input.get(..4).map(alloy_core::primitives::hex::encode).unwrap_or_default();
            return format!("calls {name} 0x{selector}… ({} bytes)", input.len());
        };
        let parameters = message.entry().parameters;
        let arguments: Vec<String> = parameters
            .iter()
            .zip(message.arguments())
            .map(|(parameter, argument)| format!("{}: {}", parameter.name, self.shown(&argument)))
            .collect();
        format!("{name}.{}({})", message.name(), arguments.join(", "))
    }

    fn shown(&self, argument: &Argument) -> String {
        let text = match argument {
            Argument::Number(number) => number.to_string(),
            Argument::Signed(number) => number.to_string(),
            Argument::Flag(flag) => flag.to_string(),
            Argument::Address(address) => self.name_of(H160(*address)),
            Argument::Word(word) => format!("0x{}", alloy_core::primitives::hex::encode(word)),
            Argument::Bytes(bytes) => format!("0x{}", alloy_core::primitives::hex::encode(bytes)),
            Argument::Tuple(items) | Argument::List(items) => {
                format!("[{}]", items.iter().map(|item| self.shown(item)).collect::<Vec<_>>().join(" "))
            }
        };
        if text.chars().count() > MOST_OF_AN_ARGUMENT {
            return text.chars().take(MOST_OF_AN_ARGUMENT).chain(['…']).collect();
        }
        text
    }
}

/// The message that calldata sends to a contract: one that an office answers is sent to its house.
fn read(contract: Contract, input: &[u8]) -> Option<Message> {
    codec::message(contract, input)
}

/// How much of a block a weight takes, by the dimension of which it takes more.
fn share(weight: Weight, limit: Weight) -> String {
    let of = |part: u64, whole: u64| -> U256 { U256::from(part) * U256::from(10_000) / U256::from(whole.max(1)) };
    let hundredths = of(weight.ref_time, limit.ref_time).max(of(weight.proof_size, limit.proof_size)).low_u64();
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}
