//! Transactions handed in by the dozen: a keeper that waited for each one would come too late with the last.

use sit_client::transport::{Mined, Transport};
use sit_engine::chain::Address;

/// A transport that takes several transactions before the first is part of a block, and that says what one cost.
pub trait Post: Transport {
    /// Sends transactions of one signer in this order, and waits until each is part of a block or has failed. One that
    /// fails keeps none of the others from being tried.
    fn send_all(
        &mut self,
        signer: &Self::Signer,
        calls: &[(Address, Vec<u8>)],
    ) -> Vec<Result<Mined<Self::Cost>, Self::Error>> {
        calls.iter().map(|(to, calldata)| self.send(signer, *to, calldata)).collect()
    }

    /// Whether one that failed was signed all the same, so that it may be done yet and cost something.
    fn may_be_done(error: &Self::Error) -> bool {
        let _ = error;
        true
    }

    /// Transactions of a signer that were sent and may still be done; zero for a transport that waits for each.
    ///
    /// # Errors
    /// Those of the transport.
    fn on_their_way(&mut self, signer: &Self::Signer) -> Result<usize, Self::Error> {
        let _ = signer;
        Ok(0)
    }

    /// What a signer has for fees and deposits, in planck; `None` where the transport does not know.
    ///
    /// # Errors
    /// Those of the transport.
    fn planck_of(&mut self, signer: &Self::Signer) -> Result<Option<u128>, Self::Error> {
        let _ = signer;
        Ok(None)
    }

    /// What a transaction cost, in planck (10^-10 DOT), deposits and what came back of them included.
    fn planck(cost: &Self::Cost) -> u128;
}
