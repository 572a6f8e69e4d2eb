//! Names of instruments.

use crate::oracle::IndexId;

/// A product: one index with its curve of months. At most 16.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Product(pub u8);

impl Product {
    /// The largest product number.
    pub const MAX: Self = Self(15);

    /// The index by which it settles: that of the same number.
    pub const fn index(self) -> IndexId {
        self.0 as IndexId
    }
}

/// An instrument, (index, expiry): four bits of product, twelve of serial number. Never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Instrument(pub u16);

impl Instrument {
    /// The instrument with this serial number (below 4,096) in a product.
    pub fn new(product: Product, serial: u16) -> Self {
        Self((u16::from(product.0) << 12) | (serial & 0xFFF))
    }

    /// The product whose curve it stands in.
    pub fn product(self) -> Product {
        Product(self.0.to_be_bytes()[0] >> 4)
    }

    /// Its number within the product.
    pub fn serial(self) -> u16 {
        self.0 & 0xFFF
    }
}
