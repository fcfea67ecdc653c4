//! Decodes keyframes one by one, each alone, of any streams in any order. A unit that gives no
//! picture leaves the decoder in a state nobody knows: throw it away.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use gstreamer as gst;

use super::{
    chain::Chain,
    decode::Codec,
    picture::{self, Memory, Planes},
};
use crate::{base::EncodedFormat, capture::CaptureError};

/// From one unit's time to the next: decoders want them to grow.
const STEP: gst::ClockTime = gst::ClockTime::from_mseconds(40);

/// See the file's first line.
pub struct Still {
    chain: Chain,
    pictures: Arc<Mutex<Vec<gst::Sample>>>,
    time: gst::ClockTime,
}

impl Still {
    /// With the installed decoder `decoder`.
    pub fn new(format: EncodedFormat, decoder: &str) -> Result<Self, CaptureError> {
        let unknown = || CaptureError::Codec { codec: format.extension().to_owned() };
        let codec = Codec::of(format).ok_or_else(unknown)?;
        let pictures: Arc<Mutex<Vec<gst::Sample>>> = Arc::default();
        let shared = pictures.clone();
        let chain = Chain::new(codec, decoder, move |sample| {
            shared.lock().unwrap_or_else(PoisonError::into_inner).push(sample);
        })?;
        Ok(Self { chain, pictures, time: gst::ClockTime::ZERO })
    }

    /// The picture of one keyframe with its parameter sets, copied into `memory`; `None` when there is
    /// none in it.
    pub fn decode(&mut self, unit: &Bytes, memory: impl Memory) -> Option<Planes> {
        self.sample(unit).and_then(|sample| picture::read(&sample, memory))
    }

    /// The same in the decoder's own memory, of which it must have as much as is kept.
    pub fn decode_kept(&mut self, unit: &Bytes) -> Option<Planes> {
        self.sample(unit).and_then(|sample| picture::keep(&sample))
    }

    fn sample(&mut self, unit: &Bytes) -> Option<gst::Sample> {
        self.time += STEP;
        let taken = self.chain.push(unit, self.time);
        // Some decoders hold pictures back to reorder them; none will follow this one.
        if taken && self.pictures().is_empty() {
            self.chain.drain();
        }
        let sample = self.pictures().drain(..).next()?;
        taken.then_some(sample)
    }

    fn pictures(&self) -> std::sync::MutexGuard<'_, Vec<gst::Sample>> {
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use gstreamer::prelude::*;

    use super::*;

    /// Access units of a picture of one grey, made by `encoder`; `None`, loudly, without it.
    fn units(encoder: &str, parser: &str, width: i32, grey: u32, count: i32) -> Option<Vec<Bytes>> {
        crate::capture::gst::init().unwrap();
        let text = format!(
            "videotestsrc num-buffers={count} pattern=solid-color \
             foreground-color={grey} ! video/x-raw,format=I420,width={width},height={} ! {encoder} \
             ! {parser} ! appsink name=end sync=false",
            width * 9 / 16
        );
        let Ok(pipeline) = gst::parse::launch(&text) else {
            eprintln!("SKIPPED: {encoder} is not installed");
            return None;
        };
        let pipeline = pipeline.downcast::<gst::Pipeline>().unwrap();
        let end = pipeline.by_name("end").unwrap().downcast::<gstreamer_app::AppSink>().unwrap();
        pipeline.set_state(gst::State::Playing).unwrap();
        let mut units = Vec::new();
        while let Ok(sample) = end.pull_sample() {
            let map = sample.buffer().unwrap().map_readable().unwrap();
            units.push(Bytes::copy_from_slice(&map));
        }
        pipeline.set_state(gst::State::Null).unwrap();
        Some(units)
    }

    fn h264(width: i32, grey: u32) -> Option<Vec<Bytes>> {
        let encoder = "x264enc speed-preset=ultrafast key-int-max=1 bframes=0";
        let parser =
            "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";
        units(encoder, parser, width, grey, 4)
    }

    fn luma(planes: &Planes) -> i32 {
        i32::from(planes.planes[0].data[0])
    }

    #[test]
    fn streams_of_two_sizes_interleave_and_every_unit_gives_its_own_picture() {
        let (Some(dark), Some(light)) = (h264(640, 0xff20_2020), h264(1280, 0xffe0_e0e0)) else {
            return;
        };
        let mut still = Still::new(EncodedFormat::H264, "avdec_h264").unwrap();
        for _ in 0..3 {
            for (units, width, grey) in [(&dark, 640, 43), (&light, 1280, 208)] {
                for unit in units {
                    let planes = still.decode(unit, Vec::new()).unwrap();
                    assert_eq!(planes.width, width);
                    assert!((luma(&planes) - grey).abs() < 4, "{}", luma(&planes));
                    assert!(planes.planes[0].data.len() >= (width * width * 9 / 16) as usize);
                }
            }
        }
    }

    #[test]
    fn encoders_that_reorder_and_other_codecs_give_a_picture_at_once() {
        let h265 =
            "h265parse config-interval=-1 ! video/x-h265,stream-format=byte-stream,alignment=au";
        let h264 =
            "h264parse config-interval=-1 ! video/x-h264,stream-format=byte-stream,alignment=au";
        for (encoder, parser, format, decoder) in [
            ("x264enc key-int-max=9 bframes=3", h264, EncodedFormat::H264, "avdec_h264"),
            ("x265enc key-int-max=9", h265, EncodedFormat::H265, "avdec_h265"),
            ("jpegenc", "identity", EncodedFormat::Jpeg, "jpegdec"),
        ] {
            let Some(units) = units(encoder, parser, 640, 0xff80_8080, 2) else { continue };
            let mut still = Still::new(format, decoder).unwrap();
            for _ in 0..3 {
                let planes = still.decode(&units[0], Vec::new()).expect(encoder);
                assert!((luma(&planes) - 126).abs() < 3, "{encoder}: {}", luma(&planes));
                assert_eq!((planes.width, planes.height), (640, 360));
            }
        }
    }

    #[test]
    fn noise_and_deltas_give_none_and_a_new_decoder_goes_on() {
        let Some(units) = h264(640, 0xff80_8080) else { return };
        let noise: Vec<u8> =
            (0..5_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut bent = units[0].to_vec();
        let middle = bent.len() / 2;
        bent.truncate(middle);
        for bad in
            [Bytes::from(noise), Bytes::from_static(&[0, 0, 0, 1, 0x41, 0x9a, 0x24]), Bytes::new()]
        {
            let mut still = Still::new(EncodedFormat::H264, "avdec_h264").unwrap();
            assert!(still.decode(&bad, Vec::new()).is_none());
        }
        let mut still = Still::new(EncodedFormat::H264, "avdec_h264").unwrap();
        let _ = still.decode(&Bytes::from(bent), Vec::new());
        let mut still = Still::new(EncodedFormat::H264, "avdec_h264").unwrap();
        assert!(still.decode(&units[0], Vec::new()).is_some());
    }
}
