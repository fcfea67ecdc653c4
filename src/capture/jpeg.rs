//! What a JPEG file says of itself before anything is decoded (ITU-T T.81, annex B). Pure.

const START_OF_SCAN: [u8; 2] = [0xff, 0xda];
const END_OF_IMAGE: [u8; 2] = [0xff, 0xd9];

/// Whether the end is missing: decoders fill what is missing with grey instead of failing. In its data
/// neither marker occurs otherwise; a thumbnail in its header has both, before them.
pub(super) fn is_cut(jpeg: &[u8]) -> bool {
    let end = jpeg.windows(2).rposition(|pair| pair == END_OF_IMAGE);
    end.is_none_or(|end| jpeg[end..].windows(2).any(|pair| pair == START_OF_SCAN))
}

/// Whether it holds Y'CbCr of eight bits with chroma halved on both axes, as nearly all cameras write it.
#[cfg(feature = "gst")]
pub(super) fn has_halved_chroma(jpeg: &[u8]) -> bool {
    const START_OF_IMAGE: [u8; 2] = [0xff, 0xd8];
    /// Baseline, extended and progressive frames in Huffman code.
    const FRAMES: std::ops::RangeInclusive<u8> = 0xc0..=0xc2;
    /// Where Adobe's programs say which colours the components are.
    const ADOBE: u8 = 0xee;
    // the frame's header: eight bits, height, width, then of three components name, sampling and table
    let is_usual = |frame: &[u8]| match frame {
        [8, _, _, _, _, 3, a, 0x22, _, b, 0x11, _, c, 0x11, _] => [*a, *b, *c] != *b"RGB",
        _ => false,
    };
    // segments: a marker, a length that counts itself, and what it is about
    let mut rest = jpeg.strip_prefix(&START_OF_IMAGE);
    while let Some([0xff, marker, high, low, after @ ..]) = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).saturating_sub(2);
        let Some((content, next)) = after.split_at_checked(length) else { return false };
        match *marker {
            marker if FRAMES.contains(&marker) => return is_usual(content),
            // its last byte: 0 for red, green and blue as they are
            ADOBE if content.starts_with(b"Adobe") && content.last() == Some(&0) => return false,
            _ => rest = Some(next),
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_belongs_to_a_thumbnail_does_not_count() {
        let whole = [&[0xff, 0xd8][..], &START_OF_SCAN, &[1, 2, 3], &END_OF_IMAGE].concat();
        let cut = &whole[..whole.len() - 1];
        assert!(!is_cut(&whole) && is_cut(cut) && is_cut(&[]));
        assert!(is_cut(&[&whole[..], cut].concat()));
        assert!(!is_cut(&whole.repeat(2)));
    }

    #[cfg(feature = "gst")]
    #[test]
    fn chroma_is_found_where_the_header_says_so_and_nowhere_else() {
        use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
        let encoded = |sampling, colour| {
            let mut out = Vec::new();
            let mut encoder = Encoder::new(&mut out, 90);
            encoder.set_sampling_factor(sampling);
            encoder.encode(&[90; 16 * 8 * 3], 16, 8, colour).unwrap();
            out
        };
        let usual = encoded(SamplingFactor::F_2_2, ColorType::Rgb);
        assert!(has_halved_chroma(&usual));
        for other in [SamplingFactor::F_1_1, SamplingFactor::F_2_1, SamplingFactor::F_1_2] {
            assert!(!has_halved_chroma(&encoded(other, ColorType::Rgb)));
        }
        assert!(!has_halved_chroma(&encoded(SamplingFactor::F_2_2, ColorType::Luma)));
        let adobe = |transform| {
            let told =
                [&b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00"[..], &[transform]].concat();
            [&usual[..2], &told, &usual[2..]].concat()
        };
        assert!(has_halved_chroma(&adobe(1)) && !has_halved_chroma(&adobe(0)));
        let mut named = usual.clone();
        let frame = usual.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
        for (at, name) in [10, 13, 16].into_iter().zip(*b"RGB") {
            named[frame + at] = name;
        }
        assert!(!has_halved_chroma(&named));
        for length in 0..usual.len() {
            // wherever it ends, nothing is read beyond
            let _ = has_halved_chroma(&usual[..length]);
        }
        assert!(!has_halved_chroma(&usual[2..]) && !has_halved_chroma(&usual[..20]));
    }
}
