//! The loops in which the time goes, compiled for each instruction set.
//!
//! All are plain loops over slices of one length, without branches and with a fixed order of additions, so that their
//! bits do not depend on the width of the vectors.

use super::isa::dispatched;
use crate::model::JumpLaw;
use crate::numeric::elementary::{Normal, exp, ln, unit};

/// Partial sums of a reduction: as many as fill the widest vectors, whatever the instruction set.
pub(super) const PARTS: usize = 16;

dispatched! {
    /// `x <- decay x + shift + scale Z`. There are half as many words as values, whose number is even: a word makes the
    /// normal numbers of the values at its place in the first and in the second half.
    pub(super) fn diffuse(values: &mut [f64], words: &[u64], decay: f64, shift: f64, scale: f64) {
        let half = words.len();
        let (first, second) = values.split_at_mut(half);
        let second = &mut second[..half];
        let normal = Normal::new(scale);
        for i in 0..half {
            let (left, right) = (first[i].mul_add(decay, shift), second[i].mul_add(decay, shift));
            let (length, x, y) = normal.pair(words[i]);
            first[i] = length.mul_add(x, left);
            second[i] = length.mul_add(y, right);
        }
    }
}

dispatched! {
    /// `x <- decay x + shift`.
    pub(super) fn drift(values: &mut [f64], decay: f64, shift: f64) {
        for value in values {
            *value = value.mul_add(decay, shift);
        }
    }
}

dispatched! {
    /// `out <- base + a + b + c`.
    pub(super) fn total(out: &mut [f64], base: f64, a: &[f64], b: &[f64], c: &[f64]) {
        let n = out.len();
        let (a, b, c) = (&a[..n], &b[..n], &c[..n]);
        for i in 0..n {
            out[i] = base + a[i] + b[i] + c[i];
        }
    }
}

dispatched! {
    /// `out <- e^(base + x)`.
    pub(super) fn exponentials(out: &mut [f64], base: f64, values: &[f64]) {
        for (price, value) in out.iter_mut().zip(values) {
            *price = exp(base + value);
        }
    }
}

dispatched! {
    /// `out <- out + weight e^(base + x)`.
    pub(super) fn add_exponentials(out: &mut [f64], weight: f64, base: f64, values: &[f64]) {
        for (sum, value) in out.iter_mut().zip(values) {
            *sum = exp(base + value).mul_add(weight, *sum);
        }
    }
}

dispatched! {
    /// `low <- min(low, base + x)`, `high <- max(high, base + x)`.
    pub(super) fn widen(low: &mut [f64], high: &mut [f64], base: f64, values: &[f64]) {
        for ((low, high), value) in low.iter_mut().zip(high).zip(values) {
            let level = base + value;
            *low = if level < *low { level } else { *low };
            *high = if level > *high { level } else { *high };
        }
    }
}

dispatched! {
    /// Adds up the values and their squares in [`PARTS`] interleaved parts.
    pub(super) fn power_sums(sums: &mut [[f64; PARTS]; 2], values: &[f64]) {
        let [mut first, mut second] = *sums;
        let (rows, rest) = values.as_chunks::<PARTS>();
        for row in rows {
            for part in 0..PARTS {
                first[part] += row[part];
                second[part] = row[part].mul_add(row[part], second[part]);
            }
        }
        for (part, value) in rest.iter().enumerate() {
            first[part] += value;
            second[part] = value.mul_add(*value, second[part]);
        }
        *sums = [first, second];
    }
}

dispatched! {
    /// Uniform numbers between zero and one.
    pub(super) fn units(out: &mut [f64], words: &[u64]) {
        for (share, word) in out.iter_mut().zip(words) {
            *share = unit(*word);
        }
    }
}

/// Bits of a mark that choose the path; the others choose the side of a double-exponential jump.
const PATH_BITS: u32 = 24;

dispatched! {
    /// Which of `paths` paths each mark belongs to.
    pub(super) fn owners(out: &mut [u32], marks: &[u64], paths: u32) {
        for (owner, mark) in out.iter_mut().zip(marks) {
            *owner = (((mark >> (64 - PATH_BITS)) * u64::from(paths)) >> PATH_BITS) as u32;
        }
    }
}

dispatched! {
    /// Normal jump sizes, from half as many words.
    pub(super) fn normal_sizes(out: &mut [f64], words: &[u64], mean: f64, sd: f64) {
        let half = words.len();
        let (first, second) = out.split_at_mut(half);
        let second = &mut second[..half];
        let normal = Normal::new(sd);
        for i in 0..half {
            let (length, x, y) = normal.pair(words[i]);
            first[i] = length.mul_add(x, mean);
            second[i] = length.mul_add(y, mean);
        }
    }
}

dispatched! {
    /// Double-exponential jump sizes: the side from a mark, the size from a word.
    pub(super) fn two_sided_sizes(out: &mut [f64], marks: &[u64], words: &[u64], p_up: f64, up: f64, down: f64) {
        for ((size, mark), word) in out.iter_mut().zip(marks).zip(words) {
            let scale = if unit(mark << PATH_BITS) < p_up { -up } else { down };
            *size = scale * ln(unit(*word));
        }
    }
}

/// Jump sizes of a law, an even number of them, from a mark and a word each.
pub(super) fn sizes(isa: super::Isa, law: JumpLaw, out: &mut [f64], marks: &[u64], words: &[u64]) {
    match law {
        JumpLaw::Gaussian { mean, sd } => normal_sizes(isa, out, &words[..out.len() / 2], mean, sd),
        JumpLaw::DoubleExponential { p_up, eta_up, eta_down } => {
            two_sided_sizes(isa, out, marks, words, p_up, 1.0 / eta_up, 1.0 / eta_down);
        }
    }
}

dispatched! {
    /// What is left of jumps after the given shares of a time in which a jump decays by the exponent `fade`.
    pub(super) fn decayed(out: &mut [f64], sizes: &[f64], shares: &[f64], fade: f64) {
        for ((left, size), share) in out.iter_mut().zip(sizes).zip(shares) {
            *left = size * exp(-fade * share);
        }
    }
}
