//! The state of every block that is remembered: one set of trie nodes, one root a block.
//!
//! A block adds nodes and says which ones it no longer needs; those go when the block is older than the history that is
//! kept. A node is known by its place in the trie and its hash, and counted: it stays as long as any remembered block
//! has it.

use std::collections::{HashMap, VecDeque};

use sp_core::H256;
use sp_externalities::{Extensions, set_and_run_with_externalities};
use sp_runtime::{StateVersion, Storage, traits::BlakeTwo256};
use sp_state_machine::{DBValue, DefaultError, Ext, OverlayedChanges, TrieBackendBuilder, TrieBackendStorage};
use sp_trie::prefixed_key;

/// What an execution did to the nodes: added when positive, no longer needed when negative.
pub(crate) type NodeChanges = Vec<(Vec<u8>, (Vec<u8>, i32))>;

/// Where a state begins, and what leads to it.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    /// Root of the state after it.
    pub(crate) root: H256,
    /// What changed among the nodes.
    pub(crate) nodes: NodeChanges,
}

/// Trie nodes of all remembered states.
#[derive(Default)]
pub(crate) struct Archive {
    nodes: HashMap<Vec<u8>, (Vec<u8>, i32)>,
    /// What each remembered block no longer needed, oldest first.
    retired: VecDeque<Vec<(Vec<u8>, i32)>>,
    bytes: usize,
}

impl TrieBackendStorage<BlakeTwo256> for Archive {
    fn get(&self, key: &H256, prefix: (&[u8], Option<u8>)) -> Result<Option<DBValue>, DefaultError> {
        Ok(self.nodes.get(&prefixed_key::<BlakeTwo256>(key, prefix)).map(|(value, _)| value.clone()))
    }
}

impl Archive {
    /// The state of a genesis and its root.
    pub(crate) fn begin(storage: Storage) -> (Self, Change) {
        let (nodes, root) = sp_io::TestExternalities::from(storage).into_raw_snapshot();
        let change = Change { root, nodes };
        let mut archive = Self::default();
        archive.insert(&change);
        (archive, change)
    }

    /// Runs code on a state and returns what it did to the state, which nobody keeps yet.
    pub(crate) fn execute<R>(&self, root: H256, run: impl FnOnce() -> R) -> Result<(R, Change), String> {
        let backend = TrieBackendBuilder::new(self, root).build();
        let mut overlay = OverlayedChanges::default();
        let mut extensions = Extensions::default();
        let result = {
            let mut ext = Ext::new(&mut overlay, &backend, Some(&mut extensions));
            set_and_run_with_externalities(&mut ext, run)
        };
        let changes = overlay.drain_storage_changes(&backend, StateVersion::V1)?;
        let mut transaction = changes.transaction;
        let nodes = transaction.drain().into_iter().filter(|(_, (_, count))| *count != 0).collect();
        Ok((result, Change { root: changes.transaction_storage_root, nodes }))
    }

    /// Runs code on a state and forgets what it did.
    pub(crate) fn read<R>(&self, root: H256, run: impl FnOnce() -> R) -> R {
        let backend = TrieBackendBuilder::new(self, root).build();
        let mut overlay = OverlayedChanges::default();
        let mut extensions = Extensions::default();
        let mut ext = Ext::new(&mut overlay, &backend, Some(&mut extensions));
        set_and_run_with_externalities(&mut ext, run)
    }

    /// Keeps a state beside those there are.
    pub(crate) fn insert(&mut self, change: &Change) {
        let mut retired = Vec::new();
        for (key, (value, count)) in &change.nodes {
            if *count > 0 {
                let node = self.nodes.entry(key.clone()).or_insert_with(|| {
                    self.bytes += key.len() + value.len();
                    (value.clone(), 0)
                });
                node.1 += count;
            } else {
                retired.push((key.clone(), *count));
            }
        }
        self.retired.push_back(retired);
    }

    /// What [`super::store::Store`] has kept: counted nodes, and what each remembered block no longer needed, oldest
    /// first.
    pub(crate) fn restored(nodes: NodeChanges, retired: VecDeque<Vec<(Vec<u8>, i32)>>) -> Self {
        let bytes = nodes.iter().map(|(key, (value, _))| key.len() + value.len()).sum();
        Self { nodes: nodes.into_iter().collect(), retired, bytes }
    }

    /// The nodes of the newest state, each with its count.
    pub(crate) fn newest(&self) -> NodeChanges {
        let mut left: HashMap<&[u8], i32> = HashMap::new();
        // What a block after the oldest no longer needed is of no later state.
        for (key, count) in self.retired.iter().skip(1).flatten() {
            *left.entry(key).or_default() += count;
        }
        let counted = self.nodes.iter().map(|(key, (value, count))| {
            (key.clone(), (value.clone(), count + left.get(key.as_slice()).copied().unwrap_or(0)))
        });
        let mut nodes: NodeChanges = counted.filter(|(_, (_, count))| *count > 0).collect();
        nodes.sort_unstable();
        nodes
    }

    /// Whether a state can be read here, as far as its root says.
    pub(crate) fn has(&self, root: H256) -> bool {
        matches!(self.get(&root, (&[], None)), Ok(Some(_)))
    }

    /// A node by its key, with its count.
    pub(crate) fn node(&self, key: &[u8]) -> Option<(&[u8], i32)> {
        self.nodes.get(key).map(|(value, count)| (value.as_slice(), *count))
    }

    /// What the newest block no longer needed.
    pub(crate) fn retired_by_newest(&self) -> &[(Vec<u8>, i32)] {
        self.retired.back().map_or(&[], Vec::as_slice)
    }

    /// Forgets the oldest state but for what later ones share with it. Returns the keys of nodes that it had and they
    /// have less.
    pub(crate) fn forget_oldest(&mut self) -> Vec<Vec<u8>> {
        // What a block no longer needed is what the block before it has and it has not.
        let Some(retired) = (self.retired.len() > 1).then(|| self.retired.remove(1)).flatten() else {
            return Vec::new();
        };
        for (key, count) in &retired {
            self.release(key, -count);
        }
        retired.into_iter().map(|(key, _)| key).collect()
    }

    fn release(&mut self, key: &[u8], count: i32) {
        let Some(node) = self.nodes.get_mut(key) else { return };
        node.1 -= count;
        if node.1 <= 0 {
            self.bytes -= key.len() + node.0.len();
            self.nodes.remove(key);
        }
    }

    /// Puts a change on top of the newest state, which it replaces.
    pub(crate) fn amend(&mut self, change: &Change) {
        self.insert(change);
        let retired = self.retired.pop_back().unwrap_or_default();
        if let Some(newest) = self.retired.back_mut() {
            newest.extend(retired);
        }
    }

    /// Takes back the newest state, given the keys that were added for it.
    pub(crate) fn take_back(&mut self, added: &[(Vec<u8>, i32)]) {
        self.retired.pop_back();
        for (key, count) in added {
            self.release(key, *count);
        }
    }

    /// Bytes of all nodes and their keys.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}
