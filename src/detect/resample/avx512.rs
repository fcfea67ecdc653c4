//! Both axes with AVX-512, by hand, equal bit by bit to `rows.rs` and `columns.rs`: what `avx2.rs` does, twice
//! as many samples at a time. For columns of few taps `vpermw` brings 32 samples from one load to
//! the weights of 8 or 16 targets; those of more are left to `avx2.rs`.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{
    avx2::Starts,
    columns::{Columns, SHIFT, WIDE},
    rows::Pair,
};
use crate::detect::lanes::Avx512;

/// Samples of a line made at a time.
const AT_ONCE: usize = 64;
/// Targets whose sums one vector holds.
const SUMS: usize = 16;

/// Sums pairs of rows, each at least as long as `line`, onto what that holds if it is to be kept, as far
/// as whole vectors go; how many samples that were.
pub(super) fn rows<'a, const P: usize>(
    _: Avx512,
    pair: impl Fn(usize) -> Pair<'a>,
    keep: bool,
    line: &mut [i16],
) -> usize {
    let (line, _) = line.as_chunks_mut();
    let length = line.len() * AT_ONCE;
    let pairs = std::array::from_fn(|at| Starts::of(pair(at), length));
    // SAFETY: the proof says that this processor has AVX-512, and the rows were just compared.
    unsafe { whole_rows::<P>(&pairs, keep, line) };
    length
}

/// # Safety
/// Every row that `pairs` has is at least as long as `line`.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn whole_rows<const P: usize>(pairs: &[Starts; P], keep: bool, line: &mut [[i16; AT_ONCE]]) {
    let weights: [__m512i; P] = std::array::from_fn(|at| _mm512_set1_epi16(pairs[at].weights));
    // Unpacking works within 128 bits: a vector of sums has the lower or the upper half of each 16 samples.
    let lower = _mm512_set_epi64(11, 10, 3, 2, 9, 8, 1, 0);
    let upper = _mm512_set_epi64(15, 14, 7, 6, 13, 12, 5, 4);
    for (x, out) in line.iter_mut().enumerate() {
        let mut sums = [_mm512_setzero_si512(); 2];
        for (Starts { rows, ahead, .. }, weights) in pairs.iter().zip(weights) {
            // SAFETY: the caller's promise. Slices would be checked for every vector of every row.
            let [a, b] = rows.map(|row| unsafe { _mm512_loadu_si512(row.add(x * AT_ONCE).cast()) });
            // a frame that comes from its decoder lies in no cache; 64 bytes are fetched at a time
            for row in ahead {
                _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(x * AT_ONCE).cast());
            }
            let low = _mm512_maddubs_epi16(_mm512_unpacklo_epi8(a, b), weights);
            let high = _mm512_maddubs_epi16(_mm512_unpackhi_epi8(a, b), weights);
            sums = [_mm512_add_epi16(sums[0], low), _mm512_add_epi16(sums[1], high)];
        }
        let [low, high] = sums;
        let (halves, _) = out.as_chunks_mut::<32>();
        for (half, order) in halves.iter_mut().zip([lower, upper]) {
            let mut sum = _mm512_permutex2var_epi64(low, order, high);
            if keep {
                sum = _mm512_add_epi16(sum, words(half));
            }
            // SAFETY: writes the 64 bytes of the array.
            unsafe { _mm512_storeu_si512(half.as_mut_ptr().cast(), sum) };
        }
    }
}

/// What [`Columns::blend`] does for columns that [`Columns::wide`] has tables for.
pub(super) fn blend(_: Avx512, columns: &Columns, line: &[i16], target: &mut [i16]) {
    assert!(line.len() >= columns.reach, "a line must reach as far as its columns read");
    // SAFETY: the proof says that this processor has AVX-512. Every load from `line` starts at an entry
    // of `wide.first` and is `WIDE` long, which `reach` allows for (see `Columns`) and the line was
    // just compared with.
    unsafe {
        match columns.taps {
            2 => wide::<1>(columns, line, target),
            _ => wide::<2>(columns, line, target),
        }
    }
}

/// `V` vectors of products make [`SUMS`] targets.
///
/// # Safety
/// `line` has [`WIDE`] samples from every entry of `wide.first` on.
#[target_feature(enable = "avx512f,avx512bw")]
unsafe fn wide<const V: usize>(columns: &Columns, line: &[i16], target: &mut [i16]) {
    let even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    let odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    let (weights, _) = columns.weights.as_chunks::<WIDE>();
    let (weights, last) = weights.as_chunks::<V>();
    let (firsts, _) = columns.wide.first.as_chunks::<V>();
    let (orders, _) = columns.wide.order.as_chunks::<V>();
    debug_assert!(last.is_empty(), "weights are padded to whole groups");
    let tables = firsts.iter().zip(orders).zip(weights);
    for (out, ((firsts, orders), weights)) in
        target.as_chunks_mut::<SUMS>().0.iter_mut().zip(tables)
    {
        let products: [__m512i; V] = std::array::from_fn(|at| {
            // SAFETY: the caller's promise; an unaligned load reads 64 bytes, `WIDE` samples.
            let samples =
                unsafe { _mm512_loadu_si512(line.as_ptr().add(firsts[at] as usize).cast()) };
            let samples = _mm512_permutexvar_epi16(words(&orders[at]), samples);
            _mm512_madd_epi16(samples, words(&weights[at]))
        });
        let sums = match products[..] {
            [low, high] => _mm512_add_epi32(
                _mm512_permutex2var_epi32(low, even, high),
                _mm512_permutex2var_epi32(low, odd, high),
            ),
            _ => products[0],
        };
        let sums = _mm512_add_epi32(sums, _mm512_set1_epi32(1 << (SHIFT - 1)));
        let packed = _mm512_cvtsepi32_epi16(_mm512_srai_epi32::<SHIFT>(sums));
        // SAFETY: writes the 32 bytes of the array.
        unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), packed) };
    }
}

#[inline]
#[target_feature(enable = "avx512f")]
fn words(words: &[i16; 32]) -> __m512i {
    // SAFETY: reads the 64 bytes of the array.
    unsafe { _mm512_loadu_si512(words.as_ptr().cast()) }
}
