//! Instruction sets, chosen while the program runs.
//!
//! A kernel is written once, as plain loops; [`dispatched`] compiles it again for each instruction set and picks one.
//! All give the same bits: the arithmetic is IEEE 754 without reassociation ([`crate::numeric::elementary`]), only its
//! width changes.

/// An instruction set that this processor has. Only detection makes one, so a value is a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(pub(super) Set);

/// The sets that kernels are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// What the target always has.
    Portable,
    /// AVX2 with fused multiply-add: four doubles.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// AVX-512: eight doubles.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// What every processor of the target has.
    pub const PORTABLE: Self = Self(Set::Portable);

    /// The sets that this processor has, the widest last.
    #[must_use]
    pub fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "there is one set"))]
        let mut sets = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            let avx2 = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
            if avx2 {
                sets.push(Self(Set::Avx2));
            }
            let avx512 = std::arch::is_x86_feature_detected!("avx512f")
                && std::arch::is_x86_feature_detected!("avx512dq")
                && std::arch::is_x86_feature_detected!("avx512vl");
            if avx2 && avx512 {
                sets.push(Self(Set::Avx512));
            }
        }
        sets
    }

    /// The widest set that this processor has; detected once.
    #[must_use]
    pub fn widest() -> Self {
        static WIDEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        *WIDEST.get_or_init(|| Self::available().pop().unwrap_or(Self::PORTABLE))
    }

    /// Its name: `portable`, `avx2` or `avx512`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Set::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => "avx512",
        }
    }
}

/// Compiles a function for every instruction set and adds a leading argument that chooses one.
macro_rules! dispatched {
    ($(#[$meta:meta])* $vis:vis fn $name:ident($($argument:ident: $type:ty),* $(,)?) $body:block) => {
        $(#[$meta])*
        #[allow(clippy::allow_attributes, clippy::too_many_arguments, reason = "of some functions and not of others")]
        $vis fn $name(isa: $crate::path::Isa, $($argument: $type),*) {
            #[inline(always)]
            #[allow(clippy::allow_attributes, clippy::too_many_arguments, reason = "of some functions and not of others")]
            fn body($($argument: $type),*) $body
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::allow_attributes, clippy::too_many_arguments, reason = "of some functions and not of others")]
            fn avx2($($argument: $type),*) {
                body($($argument),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma,avx512f,avx512dq,avx512vl")]
            #[allow(clippy::allow_attributes, clippy::too_many_arguments, reason = "of some functions and not of others")]
            fn avx512($($argument: $type),*) {
                body($($argument),*)
            }
            match isa.0 {
                $crate::path::isa::Set::Portable => body($($argument),*),
                // SAFETY: an `Isa` is made by detection alone, so this processor has the instructions.
                #[cfg(target_arch = "x86_64")]
                #[expect(unsafe_code, reason = "functions for an instruction set are unsafe to call")]
                $crate::path::isa::Set::Avx2 => unsafe { avx2($($argument),*) },
                // SAFETY: detection alone makes an `Isa`, so this processor has AVX-512.
                #[cfg(target_arch = "x86_64")]
                #[expect(unsafe_code, reason = "functions for an instruction set are unsafe to call")]
                $crate::path::isa::Set::Avx512 => unsafe { avx512($($argument),*) },
            }
        }
    };
}
pub(super) use dispatched;
