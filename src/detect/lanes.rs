//! Which vector instructions the kernels of this processor may use.
//!
//! Every kernel is written once in plain Rust; here it is compiled again for wider vectors
//! and the best one is picked at run time. Integers only, so that all give the same bits. Only
//! `resample/avx2.rs` and `resample/avx512.rs` hold instructions written by hand.

/// What this processor offers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lanes {
    /// What the build was compiled for: SSE2 on x86-64, NEON on aarch64.
    Portable,
    /// 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    /// 512 bits.
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
}

/// Proof that this processor knows AVX2: only detection makes one.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx2(());

#[cfg(target_arch = "x86_64")]
impl Avx2 {
    /// The proof, where the processor has it.
    pub fn detect() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx2").then_some(Self(()))
    }
}

/// Proof that this processor knows AVX-512 for single floats, bytes and words, and AVX2.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Avx512(Avx2);

#[cfg(target_arch = "x86_64")]
impl Avx512 {
    /// The proof, where the processor has it.
    pub fn detect() -> Option<Self> {
        let wide = std::arch::is_x86_feature_detected!("avx512f")
            && std::arch::is_x86_feature_detected!("avx512bw");
        Avx2::detect().filter(|_| wide).map(Self)
    }

    /// What it implies.
    pub fn avx2(self) -> Avx2 {
        self.0
    }
}

impl Lanes {
    /// The best of this processor.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = Avx512::detect() {
            return Self::Avx512(proof);
        } else if let Some(proof) = Avx2::detect() {
            return Self::Avx2(proof);
        }
        Self::Portable
    }

    /// All that this processor has: they must agree.
    #[cfg(test)]
    pub fn all() -> Vec<Self> {
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(Avx2::detect().map(Self::Avx2));
            all.extend(Avx512::detect().map(Self::Avx512));
        }
        all
    }

    /// For tables people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx512(_) => "avx512",
        }
    }
}

/// Defines functions that take the lanes as one more argument, in front, and are compiled for each.
/// What they call must be `#[inline(always)]`, else that keeps the narrow instructions.
macro_rules! kernels {
    ($(
        $(#[$about:meta])*
        $vis:vis fn $name:ident $(<const $n:ident: usize>)? ($($arg:ident: $type:ty),* $(,)?)
            $body:block
    )*) => { $(
        $(#[$about])*
        $vis fn $name $(<const $n: usize>)? (
            lanes: $crate::detect::lanes::Lanes,
            $($arg: $type),*
        ) {
            #[inline(always)]
            fn portable $(<const $n: usize>)? ($($arg: $type),*) $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2")]
            fn avx2 $(<const $n: usize>)? ($($arg: $type),*) {
                portable($($arg),*);
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,avx512f,avx512bw")]
            fn avx512 $(<const $n: usize>)? ($($arg: $type),*) {
                portable($($arg),*);
            }

            match lanes {
                $crate::detect::lanes::Lanes::Portable => portable($($arg),*),
                #[cfg(target_arch = "x86_64")]
                $crate::detect::lanes::Lanes::Avx2(_) => {
                    // SAFETY: needs a processor with AVX2, and the proof says that this is one.
                    #[allow(unsafe_code)]
                    unsafe {
                        avx2($($arg),*);
                    }
                }
                #[cfg(target_arch = "x86_64")]
                $crate::detect::lanes::Lanes::Avx512(_) => {
                    // SAFETY: needs a processor with AVX-512, and the proof says that this is one.
                    #[allow(unsafe_code)]
                    unsafe {
                        avx512($($arg),*);
                    }
                }
            }
        }
    )* };
}

pub(crate) use kernels;
