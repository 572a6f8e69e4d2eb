//! Eight random generators side by side.
//!
//! xoshiro256++ (Blackman and Vigna, ACM Transactions on Mathematical Software 47(4), 36, 2021), eight times with
//! independent states, so that one vector instruction advances all. A generator belongs to (seed, scenario, block,
//! purpose); whoever draws the block gets the same numbers.

#[cfg(target_arch = "x86_64")]
use super::isa::Set;
use super::isa::dispatched;
use super::stream::split_mix;
use super::{Isa, Key};

/// Generators side by side.
pub(super) const LANES: usize = 8;

/// Words drawn at a time: enough to hide the call, few enough for the nearest cache.
pub(super) const BATCH: usize = 512;

/// Words that begin where a cache line does.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Batch([u64; BATCH]);

/// What a generator is for, so that a model with jumps moves by the same diffusion as one without.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Diffusion of all factors.
    Diffusion,
    /// Jumps of the factor with this number.
    Jumps(usize),
    /// How many jumps the factor with this number has.
    Numbers(usize),
    /// Scheduled jumps.
    Launches,
}

impl Purpose {
    fn word(self) -> u64 {
        match self {
            Self::Diffusion => 0,
            Self::Launches => 1,
            Self::Jumps(factor) => 2 + factor as u64,
            Self::Numbers(factor) => 5 + factor as u64,
        }
    }
}

/// The generators and the words that they have drawn ahead.
#[derive(Clone, Debug)]
pub(super) struct Lanes {
    isa: Isa,
    /// State: word by word, lane by lane.
    state: [[u64; LANES]; 4],
    words: Box<Batch>,
    used: usize,
}

impl Lanes {
    /// The generators of one purpose.
    pub fn new(isa: Isa, key: Key, purpose: Purpose) -> Self {
        let mut seed = split_mix(key.mixed() ^ split_mix(purpose.word()));
        let mut state = [[0; LANES]; 4];
        for lane in 0..LANES {
            for word in &mut state {
                // SplitMix64 is a bijection, so of the four words of a lane at most one is zero.
                seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
                word[lane] = split_mix(seed);
            }
        }
        Self { isa, state, words: Box::new(Batch([0; BATCH])), used: BATCH }
    }

    /// The next `count` words, at most [`BATCH`]: the first of every lane, then the second, and so on. What is left of
    /// a batch that is too short is dropped.
    pub fn take(&mut self, count: usize) -> &[u64] {
        if self.used + count > BATCH {
            fill(self.isa, &mut self.state, &mut self.words.0);
            self.used = 0;
        }
        let start = self.used;
        self.used += count;
        &self.words.0[start..self.used]
    }
}

/// Draws a batch.
fn fill(isa: Isa, state: &mut [[u64; LANES]; 4], words: &mut [u64; BATCH]) {
    match isa.0 {
        // SAFETY: an `Isa` is made by detection alone, so this processor has the instructions.
        #[cfg(target_arch = "x86_64")]
        #[expect(unsafe_code, reason = "functions for an instruction set are unsafe to call")]
        Set::Avx2 => unsafe { fill_avx2(state, words) },
        _ => fill_plainly(isa, state, words),
    }
}

dispatched! {
    fn fill_plainly(state: &mut [[u64; LANES]; 4], words: &mut [u64; BATCH]) {
        let [mut a, mut b, mut c, mut d] = *state;
        for row in words.as_chunks_mut::<LANES>().0 {
            for lane in 0..LANES {
                row[lane] = a[lane].wrapping_add(d[lane]).rotate_left(23).wrapping_add(a[lane]);
                let shifted = b[lane] << 17;
                c[lane] ^= a[lane];
                d[lane] ^= b[lane];
                b[lane] ^= c[lane];
                a[lane] ^= d[lane];
                c[lane] ^= shifted;
                d[lane] = d[lane].rotate_left(45);
            }
        }
        *state = [a, b, c, d];
    }
}

/// The same by hand: AVX2 has no rotation, and the compiler, which would rather rotate, makes no vectors of the loop
/// above.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn fill_avx2(state: &mut [[u64; LANES]; 4], words: &mut [u64; BATCH]) {
    use std::arch::x86_64::{
        __m256i, _mm256_add_epi64, _mm256_or_si256, _mm256_set_epi64x, _mm256_slli_epi64, _mm256_srli_epi64,
        _mm256_storeu_si256, _mm256_xor_si256,
    };

    #[target_feature(enable = "avx2")]
    fn store(out: &mut [u64; 4], vector: __m256i) {
        // SAFETY: the vector is as long as the array, and this store needs no alignment.
        #[expect(unsafe_code, reason = "the store takes a pointer")]
        unsafe {
            _mm256_storeu_si256(out.as_mut_ptr().cast(), vector);
        }
    }

    #[target_feature(enable = "avx2")]
    fn load(word: &[u64; LANES]) -> [__m256i; 2] {
        let [a, b, c, d, e, f, g, h] = word.map(|lane| lane as i64);
        [_mm256_set_epi64x(d, c, b, a), _mm256_set_epi64x(h, g, f, e)]
    }

    let [a, b, c, d] = state;
    let (mut a, mut b, mut c, mut d) = (load(a), load(b), load(c), load(d));
    for row in words.as_chunks_mut::<LANES>().0 {
        for (half, out) in row.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            let sum = _mm256_add_epi64(a[half], d[half]);
            let turned = _mm256_or_si256(_mm256_slli_epi64::<23>(sum), _mm256_srli_epi64::<41>(sum));
            store(out, _mm256_add_epi64(turned, a[half]));
            let shifted = _mm256_slli_epi64::<17>(b[half]);
            c[half] = _mm256_xor_si256(c[half], a[half]);
            d[half] = _mm256_xor_si256(d[half], b[half]);
            b[half] = _mm256_xor_si256(b[half], c[half]);
            a[half] = _mm256_xor_si256(a[half], d[half]);
            c[half] = _mm256_xor_si256(c[half], shifted);
            d[half] = _mm256_or_si256(_mm256_slli_epi64::<45>(d[half]), _mm256_srli_epi64::<19>(d[half]));
        }
    }
    for (word, halves) in state.iter_mut().zip([a, b, c, d]) {
        for (out, half) in word.as_chunks_mut::<4>().0.iter_mut().zip(halves) {
            store(out, half);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    #[test]
    fn every_lane_is_xoshiro() {
        for isa in Isa::available() {
            let mut lanes = Lanes::new(isa, Key { seed: 1, scenario: 2, block: 3 }, Purpose::Jumps(1));
            let mut single: Vec<Xoshiro256PlusPlus> = (0..LANES)
                .map(|lane| {
                    let bytes: Vec<u8> = lanes.state.iter().flat_map(|word| word[lane].to_le_bytes()).collect();
                    Xoshiro256PlusPlus::from_seed(bytes.try_into().unwrap())
                })
                .collect();
            for i in 0..3 * BATCH {
                assert_eq!(lanes.take(1)[0], single[i % LANES].next_u64(), "{} {i}", isa.name());
            }
        }
    }
}
