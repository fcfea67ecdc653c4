//! A clip's frames decoded over and over, for the benchmark: keyframes as the daemon's shared
//! decoders take them, and what GStreamer alone does with the same decoder. On no camera's road.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;

use super::{
    Still,
    chain::receiving_pad,
    decode::{self, Codec},
    init,
    serve::clip,
};
use crate::{base::EncodedFormat, capture::CaptureError};

/// From one frame's time to the next: decoders want them to grow.
const STEP: gst::ClockTime = gst::ClockTime::from_mseconds(40);
/// Pictures that a decoder may hold back to reorder them; more have been lost.
const HELD_MAX: u64 = 64;

/// One encoded frame.
#[derive(Clone)]
struct Unit {
    bytes: Bytes,
    is_key: bool,
    /// Its presentation time minus its decoding time.
    reorder: gst::ClockTime,
}

/// A clip's encoded frames, in decoding order from its first keyframe on.
#[derive(Clone)]
pub struct ClipFrames {
    codec: Codec,
    format: EncodedFormat,
    units: Vec<Unit>,
}

impl ClipFrames {
    /// Reads a video file.
    ///
    /// # Errors
    /// It cannot be read, or its encoding is unknown.
    pub fn load(path: &Path) -> Result<Self, CaptureError> {
        init()?;
        let loaded = clip::load(path)?;
        let codec = loaded.codec;
        let unknown = || CaptureError::Codec { codec: codec.name().to_owned() };
        let format = codec.format().ok_or_else(unknown)?;
        let unit = |unit: &clip::Unit| {
            let bytes = unit.buffer.map_readable().map_err(|_| CaptureError::Damaged)?;
            Ok(Unit {
                bytes: Bytes::copy_from_slice(&bytes),
                is_key: !unit.buffer.flags().contains(gst::BufferFlags::DELTA_UNIT),
                reorder: gst::ClockTime::try_from(unit.reorder).unwrap_or(gst::ClockTime::ZERO),
            })
        };
        let units = loaded.units.iter().map(unit).collect::<Result<_, CaptureError>>()?;
        Ok(Self { codec, format, units })
    }

    /// The encoding's name.
    pub fn codec(&self) -> &'static str {
        self.codec.name()
    }

    /// How many frames there are.
    pub fn frames(&self) -> usize {
        self.units.len()
    }

    /// How many of them are keyframes.
    pub fn keyframes(&self) -> usize {
        self.units.iter().filter(|unit| unit.is_key).count()
    }

    /// The decoder that is installed for it, `preferred` ones first.
    ///
    /// # Errors
    /// None is.
    pub fn decoder(&self, preferred: &[String]) -> Result<String, CaptureError> {
        super::decoder_for(self.format, preferred)
    }
}

/// The clip's keyframes as one of the daemon's shared decoders takes them: each alone, its planes
/// copied out.
pub struct StillDecoding {
    still: Still,
    keyframes: Vec<Bytes>,
    next: usize,
}

impl StillDecoding {
    /// With the installed decoder `decoder`.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn new(clip: &ClipFrames, decoder: &str) -> Result<Self, CaptureError> {
        let keyframes = clip.units.iter().filter(|unit| unit.is_key);
        let keyframes: Vec<Bytes> = keyframes.map(|unit| unit.bytes.clone()).collect();
        if keyframes.is_empty() {
            return Err(CaptureError::Damaged);
        }
        Ok(Self { still: Still::new(clip.format, decoder)?, keyframes, next: 0 })
    }

    /// Decodes the next keyframe; after the last comes the first. Gives its width and height.
    ///
    /// # Errors
    /// There is no picture in it.
    pub fn keyframe(&mut self) -> Result<(u32, u32), CaptureError> {
        let unit = &self.keyframes[self.next];
        self.next = (self.next + 1) % self.keyframes.len();
        let planes = self.still.decode(unit, Vec::new()).ok_or(CaptureError::Damaged)?;
        let planes = std::hint::black_box(planes);
        Ok((planes.width, planes.height))
    }
}

/// GStreamer alone: the decoder, set up as the daemon does, between two pads; the pictures are let
/// go of unseen.
pub struct DecodeOnly {
    decoder: gst::Element,
    entry: gst::Pad,
    exit: gst::Pad,
    units: Vec<Unit>,
    next: usize,
    time: gst::ClockTime,
    pushed: u64,
    pictures: Arc<AtomicU64>,
}

impl DecodeOnly {
    /// With the installed decoder `decoder`, of keyframes only or of every frame.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn new(
        clip: &ClipFrames,
        decoder: &str,
        keyframes_only: bool,
    ) -> Result<Self, CaptureError> {
        init()?;
        let preferred = [decoder.to_owned()];
        let (decoder, _) = decode::decoder(clip.codec, &preferred)?.ok_or_else(misfit)?;
        let pictures: Arc<AtomicU64> = Arc::default();
        let counted = pictures.clone();
        let exit = receiving_pad(move |_| {
            counted.fetch_add(1, Relaxed);
        });
        let entry = gst::Pad::builder(gst::PadDirection::Src).name("units").build();
        let wanted = |unit: &&Unit| unit.is_key || !keyframes_only;
        let units: Vec<Unit> = clip.units.iter().filter(wanted).cloned().collect();
        let (time, exit) = (gst::ClockTime::ZERO, exit.ok_or_else(misfit)?);
        let alone = Self { decoder, entry, exit, units, next: 0, time, pushed: 0, pictures };
        alone.start(clip.codec).ok_or_else(misfit)?;
        Ok(alone)
    }

    fn start(&self, codec: Codec) -> Option<()> {
        self.exit.set_active(true).ok()?;
        self.entry.set_active(true).ok()?;
        self.entry.link(&self.decoder.static_pad("sink")?).ok()?;
        self.decoder.static_pad("src")?.link(&self.exit).ok()?;
        self.decoder.set_state(gst::State::Playing).ok()?;
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let events = [
            gst::event::StreamStart::new("units"),
            gst::event::Caps::new(&codec.parsed_caps()?),
            gst::event::Segment::new(&segment),
        ];
        events.into_iter().all(|event| self.entry.push_event(event)).then_some(())
    }

    /// Decodes on up to the next keyframe, that one included; after the last frame comes the first.
    ///
    /// # Errors
    /// The decoder refuses, or gives no pictures.
    pub fn keyframe(&mut self) -> Result<(), CaptureError> {
        for _ in 0..self.units.len() {
            let unit = self.units[self.next].clone();
            self.next = (self.next + 1) % self.units.len();
            self.push(&unit)?;
            if unit.is_key {
                break;
            }
        }
        let missing = self.pushed.saturating_sub(self.pictures.load(Relaxed));
        if missing > HELD_MAX { Err(CaptureError::Damaged) } else { Ok(()) }
    }

    fn push(&mut self, unit: &Unit) -> Result<(), CaptureError> {
        let mut buffer = gst::Buffer::from_slice(unit.bytes.clone());
        self.time += STEP;
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_dts(self.time);
            buffer.set_pts(self.time + unit.reorder);
            if !unit.is_key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        self.pushed += 1;
        self.entry.push(buffer).map(|_| ()).map_err(|_| CaptureError::Damaged)
    }
}

impl Drop for DecodeOnly {
    fn drop(&mut self) {
        // Going down cannot fail in a way that leaves something to be done.
        let _ = self.entry.set_active(false);
        let _ = self.decoder.set_state(gst::State::Null);
        let _ = self.exit.set_active(false);
    }
}

fn misfit() -> CaptureError {
    CaptureError::Other("the decoder does not start".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip() -> ClipFrames {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        ClipFrames::load(&root.join("pipelines/demo/clips/cam-1.mp4")).unwrap()
    }

    #[test]
    fn a_clip_is_decoded_round_and_round_by_either() {
        let clip = clip();
        let (frames, keyframes) = (clip.frames(), clip.keyframes());
        assert!(keyframes > 1 && frames > keyframes, "{frames} frames, {keyframes} keyframes");
        let decoder = clip.decoder(&[]).unwrap();
        let mut still = StillDecoding::new(&clip, &decoder).unwrap();
        let size = still.keyframe().unwrap();
        assert!(size.0 > 100 && size.1 > 100);
        for keyframes_only in [true, false] {
            let mut alone = DecodeOnly::new(&clip, &decoder, keyframes_only).unwrap();
            for _ in 0..=keyframes {
                alone.keyframe().unwrap();
                assert_eq!(still.keyframe().unwrap(), size);
            }
            let per_call = if keyframes_only { 1 } else { frames / keyframes };
            assert!(alone.pushed >= (keyframes * per_call) as u64);
            assert!(alone.pictures.load(Relaxed) > 0);
        }
    }

    #[test]
    fn what_is_no_video_is_refused() {
        let error = ClipFrames::load(Path::new("no/such.mp4")).err().unwrap();
        assert_eq!(error, CaptureError::FileNotFound);
    }
}
