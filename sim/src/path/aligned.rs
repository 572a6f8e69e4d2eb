//! Numbers that begin where a cache line does.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vectors.
const LINE: usize = 64;

/// A vector of fixed length, placed so that vector instructions do not straddle two cache lines. A clone may lie
/// otherwise: what it costs is time.
#[derive(Clone, Debug)]
pub(super) struct Aligned {
    room: Vec<f64>,
    start: usize,
    count: usize,
}

impl Aligned {
    /// `count` times the same number.
    pub fn new(value: f64, count: usize) -> Self {
        let spare = LINE / size_of::<f64>() - 1;
        let room = vec![value; count + spare];
        // Where the offset is not known it is reported as the greatest integer.
        let start = room.as_ptr().align_offset(LINE).min(spare);
        Self { room, start, count }
    }
}

impl Deref for Aligned {
    type Target = [f64];

    fn deref(&self) -> &[f64] {
        &self.room[self.start..self.start + self.count]
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.room[self.start..self.start + self.count]
    }
}
