//! The certificate of a margin parameter set: what was computed, from what, by which program.
//!
//! A risk array enters the exchange only together with the hash of its certificate. Anyone who holds the same price
//! history, the same version of the simulator and the same seed can compute the same bytes again and compare.
//!
//! ```text
//! parameter_hash   = keccak256( risk_array_bytes(shocks) )
//! certificate_hash = keccak256( Certificate::canonical_bytes() )
//! ```
//!
//! This module lays the bytes out and nothing more: it does not hash. The contracts hash with the host function of the
//! chain, the simulator with a library, and both must see the same bytes. Every field has a fixed width and is
//! big-endian, and each of the two layouts opens with a tag of its own, so that the bytes of one can never be mistaken
//! for the bytes of the other.

/// Number of month slots a product can hold; a risk array has one row for each.
pub const SLOTS: usize = 12;

/// Number of joint scenarios of a risk array.
pub const SCENARIOS: usize = 16;

/// Opens the canonical bytes of a certificate. The number at its end changes with the layout.
pub const CERTIFICATE_TAG: [u8; 24] = *b"sit-futures/certificate1";

/// Opens the canonical bytes of a risk array. The number at its end changes with the layout.
pub const RISK_ARRAY_TAG: [u8; 23] = *b"sit-futures/risk-array1";

/// What a margin parameter set was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// keccak-256 of the price history in its canonical form, one `date,price` line for each observation.
    pub dataset_root: [u8; 32],
    /// keccak-256 of the name and version of the simulator and of its results schema.
    pub simulator: [u8; 32],
    /// Seed of the random streams.
    pub seed: u64,
    /// keccak-256 of the price process and of the margin rule applied to it.
    pub model_hash: [u8; 32],
    /// Confidence of the expected shortfall, in parts per million (990_000 = 99 %).
    pub confidence_ppm: u32,
    /// Time needed to close a position out, in seconds.
    pub horizon_seconds: u32,
    /// keccak-256 of [`risk_array_bytes`] of the risk array that the certificate speaks for.
    pub parameter_hash: [u8; 32],
}

impl Certificate {
    /// Length of [`Certificate::canonical_bytes`], in bytes.
    pub const CANONICAL_LEN: usize = CERTIFICATE_TAG.len() + 4 * 32 + 8 + 4 + 4;

    /// The bytes whose keccak-256 is the certificate's hash: the tag, then the fields in the order of the struct,
    /// integers big-endian.
    #[must_use]
    pub fn canonical_bytes(&self) -> [u8; Self::CANONICAL_LEN] {
        let mut writer = Writer::new();
        writer.put(&CERTIFICATE_TAG);
        writer.put(&self.dataset_root);
        writer.put(&self.simulator);
        writer.put(&self.seed.to_be_bytes());
        writer.put(&self.model_hash);
        writer.put(&self.confidence_ppm.to_be_bytes());
        writer.put(&self.horizon_seconds.to_be_bytes());
        writer.put(&self.parameter_hash);
        writer.bytes
    }
}

/// Length of [`risk_array_bytes`], in bytes.
pub const RISK_ARRAY_LEN: usize = RISK_ARRAY_TAG.len() + SLOTS * SCENARIOS * 2;

/// The bytes whose keccak-256 is `parameter_hash`: the tag, then for each slot in turn its shock in each scenario, in
/// basis points of the mark price (positive when the price rises), as big-endian 16-bit integers. A slot that is not
/// in use holds zeros.
#[must_use]
pub fn risk_array_bytes(shocks: &[[i16; SCENARIOS]; SLOTS]) -> [u8; RISK_ARRAY_LEN] {
    let mut writer = Writer::new();
    writer.put(&RISK_ARRAY_TAG);
    for shock in shocks.iter().flatten() {
        writer.put(&shock.to_be_bytes());
    }
    writer.bytes
}

/// Fills an array of known length from the front. It writes no further than the end: the lengths above are the sums
/// of what is put, and the tests hold them to it.
struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Writer<N> {
    const fn new() -> Self {
        Self { bytes: [0; N], at: 0 }
    }

    fn put(&mut self, part: &[u8]) {
        for (to, from) in self.bytes.iter_mut().skip(self.at).zip(part) {
            *to = *from;
        }
        self.at = self.at.saturating_add(part.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: Certificate = Certificate {
        dataset_root: [0x11; 32],
        simulator: [0x22; 32],
        seed: 0x0102_0304_0506_0708,
        model_hash: [0x33; 32],
        confidence_ppm: 990_000,
        horizon_seconds: 172_800,
        parameter_hash: [0x44; 32],
    };

    #[test]
    fn the_fields_of_a_certificate_lie_at_fixed_offsets() {
        let bytes = CERTIFICATE.canonical_bytes();
        assert_eq!(bytes.len(), 168);
        assert_eq!(bytes[..24], CERTIFICATE_TAG);
        assert_eq!(bytes[24..56], [0x11; 32]);
        assert_eq!(bytes[56..88], [0x22; 32]);
        assert_eq!(bytes[88..96], [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(bytes[96..128], [0x33; 32]);
        assert_eq!(bytes[128..132], 990_000_u32.to_be_bytes());
        assert_eq!(bytes[132..136], 172_800_u32.to_be_bytes());
        assert_eq!(bytes[136..168], [0x44; 32]);
    }

    #[test]
    fn the_risk_array_is_written_slot_by_slot() {
        let mut shocks = [[0_i16; SCENARIOS]; SLOTS];
        shocks[0][1] = -2;
        shocks[11][15] = 0x0102;
        let bytes = risk_array_bytes(&shocks);
        assert_eq!(bytes.len(), 407);
        assert_eq!(bytes[..23], RISK_ARRAY_TAG);
        assert_eq!(bytes[23..27], [0, 0, 0xff, 0xfe]);
        assert_eq!(bytes[405..407], [1, 2]);
        assert!(bytes[27..405].iter().all(|byte| *byte == 0));
    }

    #[test]
    fn certificates_that_differ_in_one_field_differ_in_their_bytes() {
        let base = CERTIFICATE.canonical_bytes();
        let others = [
            Certificate { dataset_root: [0; 32], ..CERTIFICATE },
            Certificate { simulator: [0; 32], ..CERTIFICATE },
            Certificate { seed: 0, ..CERTIFICATE },
            Certificate { model_hash: [0; 32], ..CERTIFICATE },
            Certificate { confidence_ppm: 0, ..CERTIFICATE },
            Certificate { horizon_seconds: 0, ..CERTIFICATE },
            Certificate { parameter_hash: [0; 32], ..CERTIFICATE },
        ];
        for other in others {
            assert_ne!(base, other.canonical_bytes());
        }
    }
}
