//! The key of the vault's one cell.

use crate::key::Key;

/// What the vault holds, and the contracts that it knows.
pub fn custody() -> Key {
    Key::new(b'V')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_the_tag_alone() {
        assert_eq!(custody().as_bytes(), b"V");
    }
}
