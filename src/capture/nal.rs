//! What an access unit of H.264 or H.265 needs to be decoded. Reads only the units in front of the
//! picture and the first bits of its first slice; whatever cannot be read counts as missing.

use crate::base::EncodedFormat;

/// What an access unit begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    /// A keyframe with the parameter sets that its slice names.
    Whole,
    /// A keyframe without them. Decoders are shared, and would take them from another camera.
    Incomplete,
    /// No keyframe.
    Delta,
}

/// Looks at `unit`, an access unit in Annex B framing or a JPEG picture.
pub(super) fn look(format: EncodedFormat, unit: &[u8]) -> Picture {
    let whole = match format {
        EncodedFormat::H264 => h264(unit),
        EncodedFormat::H265 => h265(unit),
        EncodedFormat::Jpeg | EncodedFormat::Png => (!unit.is_empty()).then_some(true),
    };
    match whole {
        Some(true) => Picture::Whole,
        Some(false) => Picture::Incomplete,
        None => Picture::Delta,
    }
}

/// ITU-T H.264 (2019-06), tables 7-1 and sections 7.3.2.1, 7.3.2.2, 7.3.3.
fn h264(unit: &[u8]) -> Option<bool> {
    let (mut sequences, mut pictures) = (Vec::new(), Vec::new());
    for nal in nals(unit) {
        let (header, body) = nal.split_first()?;
        match header & 0x1f {
            7 => {
                let mut bits = Bits::new(body);
                bits.skip(24)?;
                sequences.push(bits.golomb()?);
            }
            8 => {
                let mut bits = Bits::new(body);
                pictures.push((bits.golomb()?, bits.golomb()?));
            }
            5 => {
                let mut bits = Bits::new(body);
                let (_first_macroblock, _slice_type) = (bits.golomb()?, bits.golomb()?);
                let named = bits.golomb()?;
                let set = pictures.iter().rev().find(|(id, _)| *id == named);
                return Some(set.is_some_and(|(_, sequence)| sequences.contains(sequence)));
            }
            1..=4 => return None,
            _ => {}
        }
    }
    None
}

/// ITU-T H.265 (2019-06), table 7-1 and sections 7.3.2.3, 7.3.6.1. The sequence's own id lies
/// behind a profile of varying length and is not looked at: that there is one suffices.
fn h265(unit: &[u8]) -> Option<bool> {
    let (mut sequence, mut pictures) = (false, Vec::new());
    for nal in nals(unit) {
        let (header, body) = nal.split_at_checked(2)?;
        match (header[0] >> 1) & 0x3f {
            33 => sequence = true,
            34 => pictures.push(Bits::new(body).golomb()?),
            16..=23 => {
                let mut bits = Bits::new(body);
                bits.skip(2)?;
                return Some(sequence && pictures.contains(&bits.golomb()?));
            }
            0..=31 => return None,
            _ => {}
        }
    }
    None
}

/// The NAL units, each from its header to the end of `unit`: where one ends is not looked for, since
/// that would mean to read through the picture.
fn nals(unit: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = unit;
    std::iter::from_fn(move || {
        rest = &rest[start_code_end(rest)?..];
        Some(rest)
    })
}

/// Where the first start code ends.
fn start_code_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 2;
    while at < bytes.len() {
        match bytes[at] {
            1 if bytes[at - 2..at] == [0, 0] => return Some(at + 1),
            0 => at += 1,
            // No start code ends here or in the next two bytes: it would need a zero here.
            _ => at += 3,
        }
    }
    None
}

/// The bits of a NAL unit, emulation prevention taken out.
struct Bits<'a> {
    bytes: &'a [u8],
    zeros: u32,
    byte: u8,
    left: u32,
}

impl<'a> Bits<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, zeros: 0, byte: 0, left: 0 }
    }

    fn bit(&mut self) -> Option<u32> {
        if self.left == 0 {
            let mut byte = self.next_byte()?;
            if self.zeros >= 2 && byte == 3 {
                self.zeros = 0;
                byte = self.next_byte()?;
            }
            self.zeros = if byte == 0 { self.zeros + 1 } else { 0 };
            (self.byte, self.left) = (byte, 8);
        }
        self.left -= 1;
        Some(u32::from(self.byte >> self.left) & 1)
    }

    fn next_byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn skip(&mut self, bits: u32) -> Option<()> {
        (0..bits).try_for_each(|_| self.bit().map(|_| ()))
    }

    /// An unsigned Exp-Golomb code: ue(v).
    fn golomb(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while self.bit()? == 0 {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        (0..zeros).try_fold(1_u32, |value, _| Some((value << 1) | self.bit()?)).map(|v| v - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: [u8; 4] = [0, 0, 0, 1];
    // Sequence 0; picture sets 0 and 1 of sequence 0, 0 of sequence 1; IDR slices of set 0 and 1.
    const SPS_0: &[u8] = &[0x67, 0x64, 0x00, 0x28, 0b1000_0000];
    const PPS_0_0: &[u8] = &[0x68, 0b1100_0000];
    const PPS_1_0: &[u8] = &[0x68, 0b0101_0000];
    const PPS_0_1: &[u8] = &[0x68, 0b1010_0000];
    const IDR_0: &[u8] = &[0x65, 0b1000_1000, 0b1000_0000];
    const IDR_1: &[u8] = &[0x65, 0b1000_1000, 0b0100_0000];
    const DELTA: &[u8] = &[0x41, 0b1111_0000];
    const SEI: &[u8] = &[0x06, 5, 1, 0, 0, 3, 1, 0x80];

    fn h264(nals: &[&[u8]]) -> Picture {
        let unit: Vec<u8> = nals.iter().flat_map(|nal| [&CODE[..], nal].concat()).collect();
        look(EncodedFormat::H264, &unit)
    }

    #[test]
    fn a_keyframe_is_whole_with_the_sets_its_slice_names() {
        use Picture::{Delta, Incomplete, Whole};
        for (nals, expected) in [
            (&[SPS_0, PPS_0_0, SEI, IDR_0][..], Whole),
            (&[SPS_0, PPS_0_0, PPS_1_0, IDR_1], Whole),
            (&[SPS_0, PPS_0_0, IDR_1], Incomplete),
            (&[SPS_0, PPS_0_1, IDR_0], Incomplete),
            (&[PPS_0_0, IDR_0], Incomplete),
            (&[SPS_0, PPS_0_0, DELTA], Delta),
            (&[SPS_0, PPS_0_0, SEI], Delta),
            (&[SPS_0, PPS_0_0, &IDR_0[..1]], Delta),
            (&[DELTA, SPS_0, PPS_0_0, IDR_0], Delta),
            (&[], Delta),
        ] {
            assert_eq!(h264(nals), expected, "{nals:?}");
        }
    }

    #[test]
    fn h265_too() {
        let [vps, sps] = [[32 << 1, 1, 0x0c], [33 << 1, 1, 1]];
        let (pps, idr, delta) =
            ([34 << 1, 1, 0b1100_0000], [19 << 1, 1, 0b1011_0000], [2, 1, 0xd0]);
        let seen = |nals: &[&[u8]]| {
            let unit: Vec<u8> = nals.iter().flat_map(|nal| [&CODE[1..], nal].concat()).collect();
            look(EncodedFormat::H265, &unit)
        };
        assert_eq!(seen(&[&vps, &sps, &pps, &idr]), Picture::Whole);
        assert_eq!(seen(&[&vps, &sps, &idr]), Picture::Incomplete);
        assert_eq!(seen(&[&vps, &pps, &idr]), Picture::Incomplete);
        assert_eq!(seen(&[&vps, &sps, &pps, &delta]), Picture::Delta);
    }

    #[test]
    fn emulation_prevention_is_no_data() {
        let mut bits = Bits::new(&[0, 0, 3, 1, 0xff]);
        assert_eq!(bits.skip(23), Some(()));
        assert_eq!(bits.bit(), Some(1), "the 3 is left out");
        assert_eq!(Bits::new(&[0, 0, 0, 0, 0]).golomb(), None);
    }
}
