//! A node as what a keeper posts to: many transactions of one key on their way at once, each written to the key's
//! journal before the node has it and sent again until it has.

use std::time::Instant;

use sit_client::Signer as _;
use sit_client::rpc::{Intended, Key, Node, NodeError, Paid, RpcError, Submitted, WEI_PER_PLANCK, foreseen};
use sit_client::transport::Mined;
use sit_engine::chain::Address;

use crate::Post;

impl Post for Node {
    fn send_all(&mut self, signer: &Key, calls: &[(Address, Vec<u8>)]) -> Vec<Result<Mined<Paid>, NodeError>> {
        let intended = calls.iter().map(|(to, input)| {
            let to = Some(*to);
            Intended { to, input: input.clone(), intent: Intended::words(to, input) }
        });
        let sent = match self.submit_all(signer, intended.collect()) {
            Ok(sent) => sent,
            Err(error) => {
                // Nothing was signed, for one reason that holds for all of them.
                let (url, why) = (self.rpc.url().to_owned(), error.to_string());
                let failed = |_| Err(RpcError::Unreachable { url: url.clone(), why: why.clone() }.into());
                return calls.iter().map(failed).collect();
            }
        };
        let until = Instant::now() + self.patience;
        let ended = |one| match one? {
            Submitted::Sent(ticket) => self.wait_until(&ticket, until).map(|(_, mined)| mined),
            Submitted::Reverts(data) => Ok(foreseen(data, 0)),
        };
        sent.into_iter().map(ended).collect()
    }

    fn may_be_done(error: &NodeError) -> bool {
        matches!(error, NodeError::NoReceipt { .. } | NodeError::Unwatched { .. })
    }

    fn on_their_way(&mut self, signer: &Key) -> Result<usize, NodeError> {
        Node::on_their_way(self, signer.address())
    }

    fn planck_of(&mut self, signer: &Key) -> Result<Option<u128>, NodeError> {
        Ok(Some(self.rpc.balance(signer.address())? / WEI_PER_PLANCK))
    }

    fn planck(cost: &Paid) -> u128 {
        cost.planck()
    }
}
