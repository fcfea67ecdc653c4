//! Which vector instructions the kernels of this processor may use.
//!
//! Every kernel is written once in plain Rust; here it is compiled a second time for wider vectors
//! and the better one is picked at run time. Integers only, so that both give the same bits. Only
//! `resample/avx2.rs` holds instructions written by hand.

/// What this processor offers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lanes {
    /// What the build was compiled for: SSE2 on x86-64, NEON on aarch64.
    Portable,
    /// 256 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
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

impl Lanes {
    /// The best of this processor.
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(proof) = Avx2::detect() {
            return Self::Avx2(proof);
        }
        Self::Portable
    }

    /// For tables people read.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
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
            }
        }
    )* };
}

pub(crate) use kernels;
