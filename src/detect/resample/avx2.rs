//! Both axes with AVX2, by hand, equal bit by bit to `rows.rs` and `columns.rs`; of the latter, what the
//! compiler makes takes about three times as long.
//!
//! Rows: `vpmaddubsw` multiplies bytes of two rows by their weights and adds them. Columns:
//! `vpmaddwd` multiplies and adds pairs, and what is left of a target is added crosswise; with 2 or
//! 4 taps several targets share one load, whose bytes `vpshufb` brings to their weights.
#![allow(unsafe_code)]

use std::arch::x86_64::*;

use super::{
    columns::{Columns, GROUP, SHIFT, VECTOR},
    rows::Pair,
};
use crate::detect::lanes::Avx2;

/// A number of taps that shows only at run time.
const ANY: usize = 0;
/// Samples of a line made at a time.
const AT_ONCE: usize = 32;

/// Sums pairs of rows, each at least as long as `line`, onto what that holds if it is to be kept, as far
/// as whole vectors go; how many samples that were.
pub(super) fn rows<'a, const P: usize>(
    _: Avx2,
    pair: impl Fn(usize) -> Pair<'a>,
    keep: bool,
    line: &mut [i16],
) -> usize {
    let (line, _) = line.as_chunks_mut();
    let length = line.len() * AT_ONCE;
    let pairs = std::array::from_fn(|at| {
        let Pair { rows, weights, ahead } = pair(at);
        let start = |row: &[u8]| {
            assert!(row.len() >= length, "rows must be as long as the line");
            row.as_ptr()
        };
        let weights = i16::from_ne_bytes(weights.map(i8::cast_unsigned));
        Starts { rows: rows.map(start), weights, ahead: ahead.map(<[u8]>::as_ptr) }
    });
    // SAFETY: the proof says that this processor has AVX2, and the rows were just compared.
    unsafe { whole_rows::<P>(&pairs, keep, line) };
    length
}

/// Where a pair of rows starts, its weights, and where the rows start that the next line will need.
struct Starts {
    rows: [*const u8; 2],
    weights: i16,
    ahead: [*const u8; 2],
}

/// # Safety
/// Every row that `pairs` has is at least as long as `line`.
#[target_feature(enable = "avx2")]
unsafe fn whole_rows<const P: usize>(pairs: &[Starts; P], keep: bool, line: &mut [[i16; AT_ONCE]]) {
    let weights: [__m256i; P] = std::array::from_fn(|at| _mm256_set1_epi16(pairs[at].weights));
    for (x, out) in line.iter_mut().enumerate() {
        let (quarters, _) = out.as_chunks_mut();
        // first and third quarter of the samples, second and fourth
        let mut sums = [_mm256_setzero_si256(); 2];
        if keep {
            sums = [both(&quarters[0], &quarters[2]), both(&quarters[1], &quarters[3])];
        }
        for (Starts { rows, ahead, .. }, weights) in pairs.iter().zip(weights) {
            // SAFETY: the caller's promise. Slices would be checked for every vector of every row.
            let [a, b] = rows.map(|row| unsafe { _mm256_loadu_si256(row.add(x * AT_ONCE).cast()) });
            // a frame that comes from its decoder lies in no cache; 64 bytes are fetched at a time
            if x % 2 == 0 {
                for row in ahead {
                    _mm_prefetch::<_MM_HINT_T0>(row.wrapping_add(x * AT_ONCE).cast());
                }
            }
            let low = _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), weights);
            let high = _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), weights);
            sums = [_mm256_add_epi16(sums[0], low), _mm256_add_epi16(sums[1], high)];
        }
        let [even, odd] = sums;
        put(&mut quarters[0], _mm256_castsi256_si128(even));
        put(&mut quarters[1], _mm256_castsi256_si128(odd));
        put(&mut quarters[2], _mm256_extracti128_si256::<1>(even));
        put(&mut quarters[3], _mm256_extracti128_si256::<1>(odd));
    }
}

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
            VECTOR => eights::<VECTOR>(columns, line, target),
            _ => eights::<ANY>(columns, line, target),
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
unsafe fn eights<const TAPS: usize>(columns: &Columns, line: &[i16], target: &mut [i16]) {
    // known while compiling where there are so few, as for most cameras: no loop then
    let taps = if TAPS == ANY { columns.taps } else { TAPS };
    let tables = groups(columns).zip(columns.weights.chunks_exact(taps * GROUP));
    for (out, (first, weights)) in target.as_chunks_mut().0.iter_mut().zip(tables) {
        // targets a and b, each as four sums of pairs
        let pair = |a: usize, b: usize| {
            let mut sums = _mm256_setzero_si256();
            for at in (0..taps).step_by(VECTOR) {
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
        let low = crosswise(pair(0, 4), pair(1, 5));
        let high = crosswise(pair(2, 6), pair(3, 7));
        let even = _mm256_unpacklo_epi64(low, high);
        let odd = _mm256_unpackhi_epi64(low, high);
        store(out, _mm256_add_epi32(even, odd));
    }
}

/// Sums of the halves of `a` and of `b`, taken in turn: a, b, a, b.
#[inline]
#[target_feature(enable = "avx2")]
fn crosswise(a: __m256i, b: __m256i) -> __m256i {
    _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b))
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

#[inline]
#[target_feature(enable = "avx2")]
fn both(a: &[i16; 8], b: &[i16; 8]) -> __m256i {
    // SAFETY: each reads the 16 bytes of its array.
    let [a, b] = [a, b].map(|half| unsafe { _mm_loadu_si128(half.as_ptr().cast::<__m128i>()) });
    _mm256_set_m128i(b, a)
}

#[inline]
#[target_feature(enable = "avx2")]
fn put(out: &mut [i16; 8], samples: __m128i) {
    // SAFETY: writes the 16 bytes of the array.
    unsafe { _mm_storeu_si128(out.as_mut_ptr().cast::<__m128i>(), samples) };
}

/// Rounds eight sums and writes them.
#[inline]
#[target_feature(enable = "avx2")]
fn store(out: &mut [i16; GROUP], sums: __m256i) {
    let sums = _mm256_add_epi32(sums, _mm256_set1_epi32(1 << (SHIFT - 1)));
    let sums = _mm256_srai_epi32::<{ SHIFT as i32 }>(sums);
    let packed = _mm_packs_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256::<1>(sums));
    put(out, packed);
}
