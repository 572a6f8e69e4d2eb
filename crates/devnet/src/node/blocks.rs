//! The blocks of a chain: the newest in memory, the others in a file without a name, so that a chain that runs for
//! weeks takes no more memory than one of an hour.

use std::{collections::VecDeque, fs::File, io, os::unix::fs::FileExt, sync::Arc};

use super::{Sealed, store};

/// Blocks that stay in memory at least: more than a page, a wallet or an index asks for again and again.
const IN_MEMORY: usize = 256;

/// Sealed blocks by their numbers, without gaps from zero on.
pub(super) struct Blocks {
    /// Where the record of each block that has left memory is: first byte and length.
    places: Vec<(u64, u32)>,
    /// Made with the first of them; the system removes it when the program ends, however it ends.
    file: Option<File>,
    recent: VecDeque<Arc<Sealed>>,
    most: usize,
}

impl Blocks {
    /// None, of which at least `kept` will stay in memory.
    pub(super) fn new(kept: usize) -> Self {
        Self { places: Vec::new(), file: None, recent: VecDeque::new(), most: kept.max(IN_MEMORY) }
    }

    /// The newest.
    pub(super) fn last(&self) -> Option<&Arc<Sealed>> {
        self.recent.back()
    }

    /// The newest, to be replaced.
    pub(super) fn last_mut(&mut self) -> Option<&mut Arc<Sealed>> {
        self.recent.back_mut()
    }

    /// A block by its number.
    pub(super) fn get(&self, number: usize) -> Option<Arc<Sealed>> {
        match number.checked_sub(self.places.len()) {
            Some(place) => self.recent.get(place).cloned(),
            None => self.read(*self.places.get(number)?).map(Arc::new),
        }
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = Arc<Sealed>> {
        (0..self.places.len() + self.recent.len()).filter_map(|number| self.get(number))
    }

    /// Adds the next one.
    pub(super) fn push(&mut self, sealed: Arc<Sealed>) {
        self.recent.push_back(sealed);
        while self.recent.len() > self.most {
            // Without room on disk they stay where they are.
            let Some(place) = self.recent.front().and_then(|oldest| write(&mut self.file, &self.places, oldest).ok())
            else {
                return;
            };
            self.places.push(place);
            self.recent.pop_front();
        }
    }

    /// Takes the newest away.
    pub(super) fn pop(&mut self) -> Option<Arc<Sealed>> {
        let newest = self.recent.pop_back()?;
        if self.recent.is_empty()
            && let Some(place) = self.places.pop()
        {
            self.recent.extend(self.read(place).map(Arc::new));
        }
        Some(newest)
    }

    fn read(&self, (first, length): (u64, u32)) -> Option<Sealed> {
        let mut record = vec![0; usize::try_from(length).ok()?];
        self.file.as_ref()?.read_exact_at(&mut record, first).ok()?;
        store::sealed_here(&record)
    }
}

/// Writes a block behind the last one.
fn write(file: &mut Option<File>, places: &[(u64, u32)], block: &Sealed) -> io::Result<(u64, u32)> {
    let file = match file {
        Some(file) => file,
        None => file.insert(tempfile::tempfile()?),
    };
    let record = store::record(block);
    let first = places.last().map_or(0, |(first, length)| first + u64::from(*length));
    file.write_all_at(&record, first)?;
    Ok((first, u32::try_from(record.len()).map_err(io::Error::other)?))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pallet_revive::evm::Block as EthBlock;
    use sit_hub::Header;
    use sp_core::H256;
    use sp_runtime::traits::Header as _;

    use super::*;
    use crate::cost::Weight;

    fn sealed(number: u32) -> Arc<Sealed> {
        let zero = H256::zero();
        Arc::new(Sealed {
            block: EthBlock { number: number.into(), timestamp: (1_000 + number).into(), ..Default::default() },
            transactions: Vec::new(),
            weight: Weight::default(),
            ending: Duration::ZERO,
            header: Header::new(number, zero, zero, zero, Default::default()),
            root: zero,
        })
    }

    /// However long the chain is, so many of its blocks are in memory, and each is found all the same.
    #[test]
    fn so_many_blocks_are_in_memory_and_the_others_in_the_file() {
        const BLOCKS: u32 = 1_000;
        let mut blocks = Blocks::new(1);
        for number in 0..BLOCKS {
            blocks.push(sealed(number));
            assert!(blocks.recent.len() <= IN_MEMORY);
        }
        assert_eq!((blocks.recent.len(), blocks.places.len()), (IN_MEMORY, BLOCKS as usize - IN_MEMORY));
        let told = |blocks: &Blocks| -> Vec<(u32, u64)> {
            blocks.iter().map(|block| (block.number(), block.time())).collect()
        };
        let wanted =
            |count: u32| -> Vec<(u32, u64)> { (0..count).map(|number| (number, u64::from(1_000 + number))).collect() };
        assert_eq!(told(&blocks), wanted(BLOCKS));
        assert!(blocks.get(BLOCKS as usize).is_none());
        // Taken back to long before what is in memory, and on from there.
        for number in (10..BLOCKS).rev() {
            assert_eq!(blocks.pop().map(|block| block.number()), Some(number));
        }
        assert_eq!(told(&blocks), wanted(10));
        for number in 10..BLOCKS {
            blocks.push(sealed(number));
        }
        assert_eq!(told(&blocks), wanted(BLOCKS));
        assert_eq!(blocks.recent.len(), IN_MEMORY);
    }
}
