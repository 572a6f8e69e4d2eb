//! Keccak-256 for constants: what ink! turns signatures into selectors with, in place of the crate of the same name.
//!
//! ink! hashes the signature of a message at each of some twenty places where it mentions the message, while the
//! compiler interprets the program. The compiler takes a step for each operation, index check and call, and the
//! published crate takes many times the steps of this one: it keeps lanes in nested arrays and computes the round
//! constants bit by bit. Compiling a contract was mostly hashing (`docs/book/src/adr/0018-constant-hashing.md`). Only
//! what ink! uses is here.
#![no_std]

/// Bytes that are absorbed between two permutations.
const RATE: usize = 136;

/// Round constants, FIPS 202 section 3.2.5.
const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// A hash being computed.
#[derive(Clone)]
pub struct Keccak256 {
    lanes: [u64; 25],
    used: usize,
}

impl Default for Keccak256 {
    fn default() -> Self {
        Self::new()
    }
}

impl Keccak256 {
    /// Nothing absorbed yet.
    pub const fn new() -> Self {
        Self { lanes: [0; 25], used: 0 }
    }

    /// Absorbs bytes.
    #[must_use]
    pub const fn update(mut self, input: &[u8]) -> Self {
        let mut at = 0;
        while at < input.len() {
            self.lanes[self.used / 8] ^= (input[at] as u64) << (8 * (self.used % 8));
            self.used += 1;
            if self.used == RATE {
                self.lanes = permute(self.lanes);
                self.used = 0;
            }
            at += 1;
        }
        self
    }

    /// The hash of what was absorbed.
    pub const fn finalize(&self) -> [u8; 32] {
        let mut lanes = self.lanes;
        lanes[self.used / 8] ^= 1 << (8 * (self.used % 8));
        lanes[RATE / 8 - 1] ^= 1 << 63;
        lanes = permute(lanes);
        let mut hash = [0; 32];
        let mut at = 0;
        while at < 32 {
            hash[at] = (lanes[at / 8] >> (8 * (at % 8))) as u8;
            at += 1;
        }
        hash
    }
}

/// Keccak-f[1600], unrolled: lane `a(x + 5 y)` as in FIPS 202 section 3.2.
#[expect(clippy::manual_rotate, reason = "a call takes the compiler more steps than three operations")]
const fn permute(lanes: [u64; 25]) -> [u64; 25] {
    macro_rules! turn {
        ($lane:expr, $by:literal) => {{
            let lane: u64 = $lane;
            (lane << $by) | (lane >> (64 - $by))
        }};
    }
    let [
        mut a0,
        mut a1,
        mut a2,
        mut a3,
        mut a4,
        mut a5,
        mut a6,
        mut a7,
        mut a8,
        mut a9,
        mut a10,
        mut a11,
        mut a12,
        mut a13,
        mut a14,
        mut a15,
        mut a16,
        mut a17,
        mut a18,
        mut a19,
        mut a20,
        mut a21,
        mut a22,
        mut a23,
        mut a24,
    ] = lanes;
    let mut round = 0;
    while round < 24 {
        // theta
        let c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20;
        let c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21;
        let c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22;
        let c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23;
        let c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24;
        let d0 = c4 ^ turn!(c1, 1);
        let d1 = c0 ^ turn!(c2, 1);
        let d2 = c1 ^ turn!(c3, 1);
        let d3 = c2 ^ turn!(c4, 1);
        let d4 = c3 ^ turn!(c0, 1);
        // rho and pi
        let b0 = a0 ^ d0;
        let b1 = turn!(a6 ^ d1, 44);
        let b2 = turn!(a12 ^ d2, 43);
        let b3 = turn!(a18 ^ d3, 21);
        let b4 = turn!(a24 ^ d4, 14);
        let b5 = turn!(a3 ^ d3, 28);
        let b6 = turn!(a9 ^ d4, 20);
        let b7 = turn!(a10 ^ d0, 3);
        let b8 = turn!(a16 ^ d1, 45);
        let b9 = turn!(a22 ^ d2, 61);
        let b10 = turn!(a1 ^ d1, 1);
        let b11 = turn!(a7 ^ d2, 6);
        let b12 = turn!(a13 ^ d3, 25);
        let b13 = turn!(a19 ^ d4, 8);
        let b14 = turn!(a20 ^ d0, 18);
        let b15 = turn!(a4 ^ d4, 27);
        let b16 = turn!(a5 ^ d0, 36);
        let b17 = turn!(a11 ^ d1, 10);
        let b18 = turn!(a17 ^ d2, 15);
        let b19 = turn!(a23 ^ d3, 56);
        let b20 = turn!(a2 ^ d2, 62);
        let b21 = turn!(a8 ^ d3, 55);
        let b22 = turn!(a14 ^ d4, 39);
        let b23 = turn!(a15 ^ d0, 41);
        let b24 = turn!(a21 ^ d1, 2);
        // chi and iota
        a0 = b0 ^ (!b1 & b2) ^ ROUNDS[round];
        a1 = b1 ^ (!b2 & b3);
        a2 = b2 ^ (!b3 & b4);
        a3 = b3 ^ (!b4 & b0);
        a4 = b4 ^ (!b0 & b1);
        a5 = b5 ^ (!b6 & b7);
        a6 = b6 ^ (!b7 & b8);
        a7 = b7 ^ (!b8 & b9);
        a8 = b8 ^ (!b9 & b5);
        a9 = b9 ^ (!b5 & b6);
        a10 = b10 ^ (!b11 & b12);
        a11 = b11 ^ (!b12 & b13);
        a12 = b12 ^ (!b13 & b14);
        a13 = b13 ^ (!b14 & b10);
        a14 = b14 ^ (!b10 & b11);
        a15 = b15 ^ (!b16 & b17);
        a16 = b16 ^ (!b17 & b18);
        a17 = b17 ^ (!b18 & b19);
        a18 = b18 ^ (!b19 & b15);
        a19 = b19 ^ (!b15 & b16);
        a20 = b20 ^ (!b21 & b22);
        a21 = b21 ^ (!b22 & b23);
        a22 = b22 ^ (!b23 & b24);
        a23 = b23 ^ (!b24 & b20);
        a24 = b24 ^ (!b20 & b21);
        round += 1;
    }
    [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, a18, a19, a20, a21, a22, a23, a24]
}

#[cfg(test)]
mod tests {
    use super::*;
    use sha3::Digest;

    #[test]
    fn it_hashes_as_the_reference_does() {
        let bytes: [u8; 300] = core::array::from_fn(|place| (place * 7) as u8);
        for length in 0..bytes.len() {
            let (head, tail) = bytes[..length].split_at(length / 3);
            let expected: [u8; 32] = sha3::Keccak256::digest(&bytes[..length]).into();
            assert_eq!(Keccak256::new().update(head).update(tail).finalize(), expected, "{length} bytes");
        }
    }

    #[test]
    fn constants_are_what_wallets_send() {
        const TRANSFER: [u8; 32] = Keccak256::new().update(b"transfer(address,uint256)").finalize();
        assert_eq!(TRANSFER[..4], [0xa9, 0x05, 0x9c, 0xbb]);
    }
}
