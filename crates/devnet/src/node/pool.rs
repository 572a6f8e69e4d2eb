//! Transactions that wait for a block.
//!
//! A transaction is ready when all of its sender's before it are in a block or ready; a gap keeps the later ones
//! waiting. Of two with one number the second replaces the first if it pays a tenth more for gas, rounded down, as
//! Geth counts it: MetaMask offers no more to speed up or to cancel (`tests/clients/metamask`). Ready ones go into a
//! block in the order in which they arrived.

use std::collections::{BTreeMap, HashMap};

use sp_core::{H160, H256, U256};

use super::transaction::Transaction;

/// Transactions of one sender that may wait behind a gap.
pub const MOST_BEHIND_A_GAP: u64 = 64;
/// Transactions that wait in all.
pub const MOST_WAITING: usize = 4_096;
/// Bytes of them: one that a block takes may have a megabyte.
pub const MOST_WAITING_BYTES: usize = 64 * 1024 * 1024;

/// Why the pool does not take a transaction.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PoolRefusal {
    /// It is there already.
    #[error("already known")]
    Known,
    /// Its number is taken, and it pays too little to replace what has it.
    #[error("replacement transaction underpriced: needs a maxFeePerGas of {needed} wei or more, has {offered}")]
    Underpriced {
        /// Wei for a gas that would replace it.
        needed: U256,
        /// What it pays.
        offered: U256,
    },
    /// There is no room.
    #[error("the pool is full: {0} transactions wait; send it again when a block has taken some")]
    Full(usize),
    /// There is no room for one so long.
    #[error(
        "the pool is full: {bytes} bytes wait, and at most {MOST_WAITING_BYTES} do; send it again when a block has taken some"
    )]
    Heavy {
        /// Bytes that would wait with it.
        bytes: usize,
    },
}

#[derive(Clone, Debug)]
struct Waiting {
    transaction: Transaction,
    arrival: u64,
}

/// The pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    waiting: BTreeMap<(H160, u64), Waiting>,
    by_hash: HashMap<H256, (H160, u64)>,
    arrivals: u64,
    /// Bytes of all.
    bytes: usize,
}

impl Pool {
    /// Takes a transaction; returns the one it replaces.
    pub(crate) fn insert(&mut self, transaction: Transaction) -> Result<Option<Transaction>, PoolRefusal> {
        if self.by_hash.contains_key(&transaction.hash) {
            return Err(PoolRefusal::Known);
        }
        let slot = (transaction.from, transaction.nonce);
        if let Some(present) = self.waiting.get(&slot) {
            let paid = present.transaction.max_fee;
            // Below ten wei the tenth is none, and a replacement pays more all the same.
            let needed = paid.saturating_add((paid / 10).max(1.into()));
            if transaction.max_fee < needed {
                return Err(PoolRefusal::Underpriced { needed, offered: transaction.max_fee });
            }
        } else if self.waiting.len() >= MOST_WAITING {
            return Err(PoolRefusal::Full(MOST_WAITING));
        }
        let replaced = self.waiting.get(&slot).map_or(0, |present| present.transaction.raw.len());
        let bytes = self.bytes - replaced + transaction.raw.len();
        if bytes > MOST_WAITING_BYTES {
            return Err(PoolRefusal::Heavy { bytes });
        }
        self.bytes = bytes;
        self.arrivals += 1;
        self.by_hash.insert(transaction.hash, slot);
        let replaced = self.waiting.insert(slot, Waiting { transaction, arrival: self.arrivals });
        if let Some(replaced) = &replaced {
            self.by_hash.remove(&replaced.transaction.hash);
        }
        Ok(replaced.map(|waiting| waiting.transaction))
    }

    /// A transaction by its hash.
    pub(crate) fn get(&self, hash: &H256) -> Option<&Transaction> {
        self.waiting.get(self.by_hash.get(hash)?).map(|waiting| &waiting.transaction)
    }

    /// Takes a transaction out.
    pub(crate) fn remove(&mut self, hash: &H256) -> Option<Transaction> {
        let slot = self.by_hash.remove(hash)?;
        let transaction = self.waiting.remove(&slot)?.transaction;
        self.bytes -= transaction.raw.len();
        Some(transaction)
    }

    /// Takes everything out.
    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.by_hash.clear();
        self.bytes = 0;
    }

    /// Transactions that wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Everybody who has a transaction here.
    pub(crate) fn senders(&self) -> Vec<H160> {
        let mut senders: Vec<H160> = self.waiting.keys().map(|(sender, _)| *sender).collect();
        senders.dedup();
        senders
    }

    /// How many transactions of a sender are ready, given the next number of their account.
    pub(crate) fn ready_of(&self, sender: H160, next: u64) -> u64 {
        let mut ready = 0;
        while self.waiting.contains_key(&(sender, next + ready)) {
            ready += 1;
        }
        ready
    }

    /// How many are ready, of all senders.
    pub(crate) fn count_ready(&self, next: impl Fn(H160) -> u64) -> u64 {
        self.senders().into_iter().map(|sender| self.ready_of(sender, next(sender))).sum()
    }

    /// Whether one is ready: which is asked whenever somebody has asked something.
    pub(crate) fn has_ready(&self, next: impl Fn(H160) -> u64) -> bool {
        self.senders().into_iter().any(|sender| self.waiting.contains_key(&(sender, next(sender))))
    }

    /// Ready transactions in the order in which a block takes them; `next` gives the next number of an account.
    pub(crate) fn ready(&self, next: impl Fn(H160) -> u64) -> Vec<Transaction> {
        let mut ready: Vec<(u64, u64, &Transaction)> = Vec::new();
        for sender in self.senders() {
            let mut latest = 0;
            let mut nonce = next(sender);
            while let Some(waiting) = self.waiting.get(&(sender, nonce)) {
                // One that filled a gap has released those behind it.
                latest = waiting.arrival.max(latest);
                ready.push((latest, nonce, &waiting.transaction));
                nonce += 1;
            }
        }
        ready.sort_by_key(|(arrival, nonce, _)| (*arrival, *nonce));
        ready.into_iter().map(|(_, _, transaction)| transaction.clone()).collect()
    }

    /// Everything, with whether it is ready.
    pub(crate) fn all(&self, next: impl Fn(H160) -> u64) -> Vec<(bool, Transaction)> {
        let mut all = Vec::new();
        for sender in self.senders() {
            let begin = next(sender);
            let end = begin + self.ready_of(sender, begin);
            for (_, waiting) in self.waiting.range((sender, 0)..=(sender, u64::MAX)) {
                let ready = (begin..end).contains(&waiting.transaction.nonce);
                all.push((ready, waiting.transaction.clone()));
            }
        }
        all
    }

    /// Drops what can never be ready again, because a block has taken its number.
    pub(crate) fn drop_stale(&mut self, next: impl Fn(H160) -> u64) {
        for sender in self.senders() {
            let next = next(sender);
            let stale: Vec<u64> =
                self.waiting.range((sender, 0)..(sender, next)).map(|((_, nonce), _)| *nonce).collect();
            for nonce in stale {
                if let Some(waiting) = self.waiting.remove(&(sender, nonce)) {
                    self.by_hash.remove(&waiting.transaction.hash);
                    self.bytes -= waiting.transaction.raw.len();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(sender: u8, nonce: u64, max_fee: u64) -> Transaction {
        let mut hash = [sender; 32];
        hash[1..9].copy_from_slice(&nonce.to_be_bytes());
        hash[9..17].copy_from_slice(&max_fee.to_be_bytes());
        Transaction {
            hash: H256(hash),
            raw: Vec::new(),
            from: H160::repeat_byte(sender),
            to: None,
            nonce,
            gas: 0.into(),
            max_fee: max_fee.into(),
            value: 0.into(),
            input: Vec::new(),
            chain_id: None,
            kind: 2,
            impersonated: false,
        }
    }

    fn numbers(ready: &[Transaction]) -> Vec<(u8, u64)> {
        ready.iter().map(|transaction| (transaction.from.0[0], transaction.nonce)).collect()
    }

    #[test]
    fn what_is_sent_in_any_order_is_ready_in_its_own() {
        let mut pool = Pool::default();
        for nonce in [5, 4, 3, 2, 1] {
            pool.insert(transaction(1, nonce, 10)).unwrap();
        }
        assert!(pool.ready(|_| 0).is_empty());
        pool.insert(transaction(2, 7, 10)).unwrap();
        pool.insert(transaction(1, 0, 10)).unwrap();
        let next = |sender: H160| if sender.0[0] == 1 { 0 } else { 7 };
        let wanted = vec![(2, 7), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)];
        assert_eq!(numbers(&pool.ready(next)), wanted);
        pool.drop_stale(|_| 4);
        assert_eq!(pool.len(), 3);
    }

    #[test]
    fn a_second_of_one_number_needs_a_tenth_more() {
        let mut pool = Pool::default();
        pool.insert(transaction(1, 0, 101)).unwrap();
        assert_eq!(pool.insert(transaction(1, 0, 101)), Err(PoolRefusal::Known));
        let refused = pool.insert(transaction(1, 0, 110)).unwrap_err();
        assert_eq!(refused, PoolRefusal::Underpriced { needed: 111.into(), offered: 110.into() });
        let replaced = pool.insert(transaction(1, 0, 111)).unwrap().unwrap();
        assert!(pool.get(&replaced.hash).is_none());
        assert_eq!(pool.len(), 1);
        // What MetaMask offers for 8,000,000,000,001 wei: a tenth more, without the fraction of a wei.
        pool.insert(transaction(2, 0, 8_000_000_000_001)).unwrap();
        pool.insert(transaction(2, 0, 8_800_000_000_001)).unwrap().unwrap();
        // A tenth of nine wei is none, and the same is not more.
        pool.insert(transaction(3, 0, 9)).unwrap();
        pool.insert(transaction(3, 0, 10)).unwrap().unwrap();
        let mut other = transaction(3, 0, 10);
        other.hash = H256::repeat_byte(7);
        assert_eq!(pool.insert(other), Err(PoolRefusal::Underpriced { needed: 11.into(), offered: 10.into() }));
    }

    #[test]
    fn a_full_pool_takes_replacements_and_nothing_else() {
        let mut pool = Pool::default();
        for nonce in 0..MOST_WAITING as u64 {
            pool.insert(transaction(1, nonce, 10)).unwrap();
        }
        assert_eq!(pool.insert(transaction(1, MOST_WAITING as u64, 10)), Err(PoolRefusal::Full(MOST_WAITING)));
        pool.insert(transaction(1, 0, 20)).unwrap();
        assert_eq!(pool.len(), MOST_WAITING);
    }

    #[test]
    fn a_pool_has_room_for_so_many_bytes_and_has_it_again_when_they_are_gone() {
        const EACH: usize = 1024 * 1024;
        let heavy = |nonce, max_fee| Transaction { raw: vec![0; EACH], ..transaction(1, nonce, max_fee) };
        let mut pool = Pool::default();
        let most = (MOST_WAITING_BYTES / EACH) as u64;
        for nonce in 0..most {
            pool.insert(heavy(nonce, 10)).unwrap();
        }
        let refused = PoolRefusal::Heavy { bytes: MOST_WAITING_BYTES + EACH };
        assert_eq!(pool.insert(heavy(most, 10)), Err(refused.clone()));
        // One that takes the place of another takes its room too, and whatever goes leaves its own.
        pool.insert(heavy(0, 20)).unwrap();
        assert_eq!(pool.insert(heavy(most, 10)), Err(refused));
        pool.remove(&heavy(0, 20).hash).unwrap();
        pool.insert(heavy(most, 10)).unwrap();
        pool.drop_stale(|_| 3);
        pool.insert(heavy(most + 1, 10)).unwrap();
        pool.insert(heavy(most + 2, 10)).unwrap();
        assert!(pool.insert(heavy(most + 3, 10)).is_err());
        assert_eq!((pool.count_ready(|_| 3), pool.has_ready(|_| 3), pool.has_ready(|_| 0)), (most, true, false));
        pool.clear();
        pool.insert(heavy(0, 10)).unwrap();
        assert_eq!(pool.bytes, EACH);
    }
}
