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

    /// Runs `kernel`, compiled for these lanes. Its functions must be `#[inline(always)]`, else
    /// they keep the narrow instructions.
    #[inline]
    #[allow(unsafe_code)]
    pub fn run<R>(self, kernel: impl FnOnce() -> R) -> R {
        match self {
            Self::Portable => kernel(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => {
                #[target_feature(enable = "avx2")]
                fn wide<R>(kernel: impl FnOnce() -> R) -> R {
                    kernel()
                }
                // SAFETY: `wide` needs a processor with AVX2, and the proof in hand says it is one.
                unsafe { wide(kernel) }
            }
        }
    }
}
