//! The keys of the cells of governance.

use super::{Address, Hash, Selector};
use crate::key::Key;

/// Roles, delays, genesis.
pub fn charter() -> Key {
    Key::new(b'G')
}

/// The council.
pub fn council() -> Key {
    Key::new(b'C')
}

/// An action, by its number.
pub fn action(id: u32) -> Key {
    Key::new(b'A').number(id)
}

/// The class of a message.
pub fn class(target: Address, selector: Selector) -> Key {
    Key::new(b'K').with(&target).with(&selector)
}

/// The margin set last accepted for a product.
pub fn accepted_margin(product: u8) -> Key {
    Key::new(b'M').with(&[product])
}

/// The margin set that an action carries.
pub fn pending_margin(id: u32) -> Key {
    Key::new(b'P').number(id)
}

/// The version in force under a name.
pub fn version(name: Hash) -> Key {
    Key::new(b'V').with(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_tag_and_its_identifiers() {
        assert_eq!(charter().as_bytes(), b"G");
        assert_eq!(council().as_bytes(), b"C");
        assert_eq!(action(0x0102).as_bytes(), b"A\x02\x01\0\0");
        assert_eq!(class([7; 20], [1, 2, 3, 4]).as_bytes(), [&b"K"[..], &[7; 20], &[1, 2, 3, 4]].concat());
        assert_eq!(accepted_margin(5).as_bytes(), b"M\x05");
        assert_eq!(pending_margin(6).as_bytes(), b"P\x06\0\0\0");
        assert_eq!(version([9; 32]).as_bytes(), [&b"V"[..], &[9; 32]].concat());
    }
}
