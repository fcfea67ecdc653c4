//! The horizontal axis with AVX2, by hand: about three times as fast as what the compiler makes of
//! `columns.rs`, to which it is equal bit by bit.
//!
//! `vpmaddwd` multiplies and adds pairs, `vphaddd` adds what is left of a sample; with 2 or 4 taps
//! several targets share one load, whose bytes `vpshufb` brings to their weights.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::columns::{Columns, GROUP, SHIFT};
use crate::detect::lanes::Avx2;

/// What [`Columns::blend`] does.
pub(super) fn blend(_: Avx2, columns: &Columns, line: &[i16], target: &mut [i16]) {
    assert!(line.len() >= columns.reach, "a line must reach as far as its columns read");
    // SAFETY: the proof says that this processor has AVX2. Every load from `line` starts at an entry
    // of `first` and is as long as the larger of `taps` and 8, which `reach` allows for (see
    // `Columns`) and the line was just compared with.
    unsafe {
        match columns.taps {
            2 => two(columns, line, target),
            4 => four(columns, line, target),
            _ => eights(columns, line, target),
        }
    }
}

#[target_feature(enable = "avx2")]
unsafe fn two(columns: &Columns, line: &[i16], target: &mut [i16]) {
    let (weights, _) = columns.weights.as_chunks::<16>();
    let (shuffles, _) = columns.shuffle.as_chunks::<2>();
    let tables = groups(columns).zip(weights).zip(shuffles);
    for (out, ((first, weights), shuffle)) in target.as_chunks_mut().0.iter_mut().zip(tables) {
        // SAFETY: as the caller promised for the entries of `first`.
        let samples = unsafe { load(line, first[0], first[4]) };
        store(out, products(_mm256_shuffle_epi8(samples, bytes(shuffle)), weights));
    }
}

#[target_feature(enable = "avx2")]
unsafe fn four(columns: &Columns, line: &[i16], target: &mut [i16]) {
    let (weights, _) = columns.weights.as_chunks::<32>();
    let (shuffles, _) = columns.shuffle.as_chunks::<4>();
    let tables = groups(columns).zip(weights).zip(shuffles);
    for (out, ((first, weights), shuffle)) in target.as_chunks_mut().0.iter_mut().zip(tables) {
        let half = |i: usize| {
            // SAFETY: as the caller promised for the entries of `first`.
            let samples = unsafe { load(line, first[4 * i], first[4 * i + 2]) };
            let shuffle = bytes(&[shuffle[2 * i], shuffle[2 * i + 1]]);
            products(_mm256_shuffle_epi8(samples, shuffle), &weights.as_chunks().0[i])
        };
        // targets 0 1 4 5 | 2 3 6 7, put in order
        let sums = _mm256_hadd_epi32(half(0), half(1));
        store(out, _mm256_permute4x64_epi64::<0b11_01_10_00>(sums));
    }
}

#[target_feature(enable = "avx2")]
unsafe fn eights(columns: &Columns, line: &[i16], target: &mut [i16]) {
    let taps = columns.taps;
    let tables = groups(columns).zip(columns.weights.chunks_exact(taps * GROUP));
    for (out, (first, weights)) in target.as_chunks_mut().0.iter_mut().zip(tables) {
        // targets a and b, each as four sums of pairs
        let pair = |a: usize, b: usize| {
            let mut sums = _mm256_setzero_si256();
            for at in (0..taps).step_by(8) {
                let step = at as u32;
                // SAFETY: as the caller promised for the entries of `first`; a load that starts `at`
                // samples later ends at most `taps` after it. Weights lie `taps` a target.
                let (samples, weights) = unsafe {
                    (
                        load(line, first[a] + step, first[b] + step),
                        load(weights, (a * taps + at) as u32, (b * taps + at) as u32),
                    )
                };
                sums = _mm256_add_epi32(sums, _mm256_madd_epi16(samples, weights));
            }
            sums
        };
        let low = _mm256_hadd_epi32(pair(0, 4), pair(1, 5));
        let high = _mm256_hadd_epi32(pair(2, 6), pair(3, 7));
        store(out, _mm256_hadd_epi32(low, high));
    }
}

/// First samples, a group of targets each.
fn groups(columns: &Columns) -> impl Iterator<Item = &[u32; GROUP]> {
    columns.first.as_chunks().0.iter()
}

/// Eight samples from `a` on and eight from `b` on.
///
/// # Safety
/// Both must lie in `samples` with the seven after them.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load(samples: &[i16], a: u32, b: u32) -> __m256i {
    // SAFETY: the caller's promise; an unaligned load reads 16 bytes, eight samples.
    let [a, b] = [a, b]
        .map(|at| unsafe { _mm_loadu_si128(samples.as_ptr().add(at as usize).cast::<__m128i>()) });
    _mm256_set_m128i(b, a)
}

#[inline]
#[target_feature(enable = "avx2")]
fn bytes(shuffle: &[[u8; 16]; 2]) -> __m256i {
    // SAFETY: reads the 32 bytes of the array.
    unsafe { _mm256_loadu_si256(shuffle.as_ptr().cast::<__m256i>()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn products(samples: __m256i, weights: &[i16; 16]) -> __m256i {
    // SAFETY: reads the 32 bytes of the array.
    let weights = unsafe { _mm256_loadu_si256(weights.as_ptr().cast::<__m256i>()) };
    _mm256_madd_epi16(samples, weights)
}

/// Rounds eight sums and writes them.
#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [i16; GROUP], sums: __m256i) {
    let sums = _mm256_add_epi32(sums, _mm256_set1_epi32(1 << (SHIFT - 1)));
    let sums = _mm256_srai_epi32::<{ SHIFT as i32 }>(sums);
    let packed = _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    // SAFETY: writes the 16 bytes of the array.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast::<__m128i>(), packed) };
}
