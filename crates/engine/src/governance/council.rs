//! The council: up to nine addresses, of whom a threshold must approve an action before its delay begins.

use super::{Address, GovernanceError};
use crate::codec::{CELL_BYTES, Cell, Reader, Writer};

/// Most members of a council. Nine fit a cell with room to spare, and more than nine do not answer in time.
pub const MAX_MEMBERS: usize = 9;

/// A council. A new one gets the next epoch, and no approval outlives its epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Council {
    /// Counts the councils, from one.
    pub epoch: u32,
    /// Approvals that an action needs.
    pub threshold: u8,
    /// How many entries of `members` are in use.
    count: u8,
    members: [Address; MAX_MEMBERS],
}

impl Council {
    /// A council of these members.
    ///
    /// # Errors
    /// [`GovernanceError::BadCouncil`] unless there are one to nine different, non-zero members and the threshold is at
    /// least one and at most their number.
    pub fn new(epoch: u32, members: &[Address], threshold: u8) -> Result<Self, GovernanceError> {
        let mut council = Self { epoch, threshold, count: 0, members: [[0; 20]; MAX_MEMBERS] };
        for member in members {
            if *member == [0; 20] || council.bit_of(*member).is_some() {
                return Err(GovernanceError::BadCouncil);
            }
            let free = council.members.get_mut(usize::from(council.count)).ok_or(GovernanceError::BadCouncil)?;
            *free = *member;
            council.count = council.count.saturating_add(1);
        }
        if threshold == 0 || threshold > council.count {
            return Err(GovernanceError::BadCouncil);
        }
        Ok(council)
    }

    /// The members.
    pub fn members(&self) -> &[Address] {
        self.members.get(..usize::from(self.count)).unwrap_or_default()
    }

    /// The bit that stands for a member in the approvals of an action.
    pub fn bit_of(&self, member: Address) -> Option<u16> {
        let index = self.members().iter().position(|other| *other == member)?;
        1_u16.checked_shl(u32::try_from(index).ok()?)
    }
}

impl Cell for Council {
    const MAX_BYTES: usize = 4 + 1 + 1 + MAX_MEMBERS * 20;

    fn write(&self, out: &mut Writer) {
        out.uint(u64::from(self.epoch), 4);
        out.uint(u64::from(self.threshold), 1);
        out.uint(u64::from(self.count), 1);
        for member in self.members() {
            out.put(member);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let mut council =
            Self { epoch: from.u32(4), threshold: from.u8(), count: from.u8(), members: [[0; 20]; MAX_MEMBERS] };
        for member in council.members.iter_mut().take(usize::from(council.count)) {
            *member = from.array();
        }
        council
    }
}

const _: () = assert!(Council::MAX_BYTES <= CELL_BYTES);
