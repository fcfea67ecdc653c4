//! A decoder without a pipeline: a pad of ours before it and one behind it, so that it works on the
//! thread that feeds it and costs no other. Knows no camera, and keeps nothing.

use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_video as gst_video;

use super::{
    decode::{self, Codec},
    element::{add_chain, make},
};
use crate::capture::CaptureError;

/// `our pad ! decoder ! videoconvert ! our pad`.
pub struct Chain {
    bin: gst::Bin,
    source: gst::Pad,
    sink: gst::Pad,
}

impl Chain {
    /// A chain with the installed decoder `decoder`; its pictures go to `deliver`, on the thread
    /// that pushes (a decoder in hardware may use its own).
    pub fn new(
        codec: Codec,
        decoder: &str,
        deliver: impl Fn(gst::Sample) + Send + Sync + 'static,
    ) -> Result<Self, CaptureError> {
        super::init()?;
        let misfit =
            || CaptureError::Other("the decoder's elements do not fit together".to_owned());
        let (decoder, _) = decode::decoder(codec, &[decoder.to_owned()])?.ok_or_else(misfit)?;
        // Passes its input through untouched unless the decoder's layout is a rarer one.
        let convert = make("videoconvert")?;
        let bin = gst::Bin::new();
        add_chain(&bin, &[&decoder, &convert])?;
        let source = gst::Pad::builder(gst::PadDirection::Src).name("units").build();
        let sink = receiving_pad(deliver).ok_or_else(misfit)?;
        let chain = Self { bin, source, sink };
        chain.start(codec, &decoder, &convert).ok_or_else(misfit)?;
        Ok(chain)
    }

    fn start(&self, codec: Codec, first: &gst::Element, last: &gst::Element) -> Option<()> {
        self.sink.set_active(true).ok()?;
        self.source.set_active(true).ok()?;
        self.source.link(&first.static_pad("sink")?).ok()?;
        last.static_pad("src")?.link(&self.sink).ok()?;
        self.bin.set_state(gst::State::Playing).ok()?;
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        let events = [
            gst::event::StreamStart::new("units"),
            gst::event::Caps::new(&codec.parsed_caps()?),
            gst::event::Segment::new(&segment),
        ];
        events.into_iter().all(|event| self.source.push_event(event)).then_some(())
    }

    /// Feeds one access unit with its time; false when the decoder takes no more.
    pub fn push(&self, unit: &Bytes, pts: gst::ClockTime) -> bool {
        let mut buffer = gst::Buffer::from_slice(unit.clone());
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(pts);
            buffer.set_dts(pts);
        }
        self.source.push(buffer).is_ok()
    }

    /// Has the decoder give out what it holds back; it can be fed again, from a keyframe on.
    pub fn drain(&self) {
        self.source.push_event(gst_video::StillFrameEvent::builder(true).build());
    }

    /// Has the decoder give out all there is; nothing more can be fed.
    pub fn finish(&self) {
        self.source.push_event(gst::event::Eos::new());
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        // Going down cannot fail in a way that leaves something to be done.
        let _ = self.source.set_active(false);
        let _ = self.bin.set_state(gst::State::Null);
        let _ = self.sink.set_active(false);
    }
}

/// The pad behind: takes pictures with padded rows, which spares the decoder a copy.
pub fn receiving_pad(deliver: impl Fn(gst::Sample) + Send + Sync + 'static) -> Option<gst::Pad> {
    let caps = decode::picture_caps();
    let (direction, presence) = (gst::PadDirection::Sink, gst::PadPresence::Always);
    let template = gst::PadTemplate::new("pictures", direction, presence, &caps).ok()?;
    let pad = gst::Pad::builder_from_template(&template)
        .chain_function(move |pad, _, buffer| {
            let caps = pad.current_caps().ok_or(gst::FlowError::NotNegotiated)?;
            deliver(gst::Sample::builder().buffer(&buffer).caps(&caps).build());
            Ok(gst::FlowSuccess::Ok)
        })
        .event_function(|_, _, _| true)
        .query_function(|pad, parent, query| match query.view_mut() {
            gst::QueryViewMut::Allocation(allocation) => {
                allocation.add_allocation_meta::<gst_video::VideoMeta>(None);
                true
            }
            _ => gst::Pad::query_default(pad, parent, query),
        })
        .build();
    Some(pad)
}
