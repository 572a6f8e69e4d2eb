//! The keys of the cells of the makers' programme.

use crate::key::Key;

/// The programme.
pub fn programme() -> Key {
    Key::new(b'I')
}

/// A maker.
pub fn maker(seat: u32) -> Key {
    Key::new(b'M').number(seat)
}

/// A page of the roster.
pub fn page(number: u16) -> Key {
    Key::new(b'R').number(number.into())
}

/// What the makers traded who have been read in the closing that runs.
pub fn volumes() -> Key {
    Key::new(b'V')
}

/// The account of an epoch.
pub fn epoch(number: u32) -> Key {
    Key::new(b'E').number(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_its_tag_and_its_number_little_endian() {
        assert_eq!(programme().as_bytes(), b"I");
        assert_eq!(maker(0x0102).as_bytes(), b"M\x02\x01\0\0");
        assert_eq!(page(3).as_bytes(), b"R\x03\0\0\0");
        assert_eq!(volumes().as_bytes(), b"V");
        assert_eq!(epoch(4).as_bytes(), b"E\x04\0\0\0");
    }
}
