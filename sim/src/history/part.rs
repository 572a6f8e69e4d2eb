//! A part of a history.

use super::History;

impl History {
    /// The first observations, all if there are no more. What is calibrated on it knows nothing of what came later.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let mut part = self.clone();
        part.observations.truncate(count.max(1));
        part
    }
}
