//! How a storage cell becomes bytes.
//!
//! Proof size is what a block runs out of first, so cells are packed by hand: fixed widths, big endian, absent parts
//! left out. A cell may hold at most [`CELL_BYTES`]; every stored type asserts its worst case at compile time.

/// The longest value that pallet-revive stores under one key, in bytes.
pub const CELL_BYTES: usize = 416;

/// A type that is stored as one cell.
pub trait Cell: Sized {
    /// Encoded length in the worst case, in bytes.
    const MAX_BYTES: usize;

    /// Appends the packed value.
    fn write(&self, out: &mut Writer);

    /// Reads the packed value back. Missing bytes read as zero, so that a later version may append fields.
    fn read(from: &mut Reader<'_>) -> Self;

    /// The packed value.
    fn to_cell(&self) -> Writer {
        let mut out = Writer::new();
        self.write(&mut out);
        out
    }

    /// The value of packed bytes.
    fn from_cell(bytes: &[u8]) -> Self {
        Self::read(&mut Reader::new(bytes))
    }
}

/// A cell being written.
#[derive(Clone)]
pub struct Writer {
    bytes: [u8; CELL_BYTES],
    used: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    /// An empty cell.
    pub fn new() -> Self {
        Self { bytes: [0; CELL_BYTES], used: 0 }
    }

    /// What has been written.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    /// Appends bytes.
    ///
    /// # Panics
    /// When the cell is full, which cannot happen for a type whose `MAX_BYTES` is asserted: a part that is left out
    /// would be somebody's money.
    pub fn put(&mut self, bytes: &[u8]) {
        let end = self.used.saturating_add(bytes.len());
        let Some(room) = self.bytes.get_mut(self.used..end) else { panic!("a cell is full") };
        room.copy_from_slice(bytes);
        self.used = end;
    }

    /// Appends a number in `width` bytes, big endian. What does not fit would lose its high bytes, and with them
    /// somebody's money: who writes knows a bound, and the tests stop at a number beyond it.
    pub fn uint(&mut self, value: u64, width: usize) {
        let beyond = |bits| value.checked_shr(bits).unwrap_or_default();
        debug_assert!(room(width).is_none_or(|bits| beyond(bits) == 0), "{value} does not fit into {width} bytes");
        self.low_bytes(value, width);
    }

    fn low_bytes(&mut self, value: u64, width: usize) {
        let bytes = value.to_be_bytes();
        self.put(bytes.get(8_usize.saturating_sub(width)..).unwrap_or_default());
    }

    /// Appends a signed number in `width` bytes of two's complement. As [`Self::uint`], it has to fit.
    pub fn int(&mut self, value: i64, width: usize) {
        let beyond = |bits: u32| value.checked_shr(bits.saturating_sub(1)).unwrap_or_default();
        let fits = |bits| matches!(beyond(bits), 0 | -1);
        debug_assert!(room(width).is_none_or(fits), "{value} does not fit into {width} bytes");
        self.low_bytes(value.cast_unsigned(), width);
    }

    /// Appends a signed amount in 16 bytes.
    pub fn wide(&mut self, value: i128) {
        self.put(&value.to_be_bytes());
    }
}

/// Bits of so many bytes; `None` when any number fits.
fn room(width: usize) -> Option<u32> {
    u32::try_from(width).ok()?.checked_mul(u8::BITS).filter(|bits| *bits < u64::BITS)
}

/// A cell being read.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Whether all has been read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                *first
            }
            None => 0,
        }
    }

    /// Fills an array.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        for byte in &mut out {
            *byte = self.byte();
        }
        out
    }

    /// An unsigned number of `width` bytes.
    pub fn uint(&mut self, width: usize) -> u64 {
        let mut value = 0_u64;
        for _ in 0..width {
            value = (value << 8) | u64::from(self.byte());
        }
        value
    }

    /// An unsigned number of at most four bytes.
    pub fn u32(&mut self, width: usize) -> u32 {
        let mut value = 0_u32;
        for _ in 0..width {
            value = (value << 8) | u32::from(self.byte());
        }
        value
    }

    /// An unsigned number of two bytes.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    /// One byte.
    pub fn u8(&mut self) -> u8 {
        self.byte()
    }

    /// A signed number of `width` bytes (1 to 8), two's complement.
    #[expect(clippy::arithmetic_side_effects, reason = "width is a literal of 1 to 8 at every call")]
    pub fn int(&mut self, width: usize) -> i64 {
        let shift = 64 - 8 * width;
        ((self.uint(width) << shift).cast_signed()) >> shift
    }

    /// A signed number of `width` bytes (1 to 4), two's complement.
    #[expect(clippy::arithmetic_side_effects, reason = "width is a literal of 1 to 4 at every call")]
    pub fn i32(&mut self, width: usize) -> i32 {
        let shift = 32 - 8 * width;
        ((self.u32(width) << shift).cast_signed()) >> shift
    }

    /// A signed amount of 16 bytes.
    pub fn wide(&mut self) -> i128 {
        i128::from_be_bytes(self.array())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_with_their_sign() {
        let mut out = Writer::new();
        out.int(-5, 3);
        out.int(0x7F_FFFF, 3);
        out.uint(0xABCDEF, 3);
        out.wide(-1_000_000_000_000_000_000_000);
        let mut from = Reader::new(out.as_bytes());
        assert_eq!((from.int(3), from.i32(3), from.uint(3)), (-5, 0x7F_FFFF, 0xABCDEF));
        assert_eq!(from.wide(), -1_000_000_000_000_000_000_000);
        assert!(from.is_empty());
    }

    #[test]
    fn small_numbers_come_back_with_their_sign() {
        for (number, width) in [(-5, 3), (-0x80_0000, 3), (i32::MIN, 4), (-128, 1), (127, 1)] {
            let mut out = Writer::new();
            out.int(number.into(), width);
            assert_eq!(Reader::new(out.as_bytes()).i32(width), number);
        }
    }

    #[test]
    #[should_panic(expected = "does not fit into 7 bytes")]
    fn no_number_loses_its_high_bytes() {
        for number in [-(1 << 55), (1 << 55) - 1, 1 << 55] {
            Writer::new().int(number, 7);
        }
    }

    #[test]
    #[should_panic(expected = "a cell is full")]
    fn what_does_not_fit_is_not_left_out() {
        let mut out = Writer::new();
        out.put(&[0; CELL_BYTES]);
        out.put(&[1]);
    }

    #[test]
    fn a_short_cell_reads_as_zero() {
        assert_eq!(Reader::new(&[1]).uint(4), 0x0100_0000);
        assert_eq!(Reader::new(&[]).u16(), 0);
    }
}
