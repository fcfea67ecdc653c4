//! RTP packets of a clip's access units, made by GStreamer's payloaders, as fast as they can.

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::Loaded;
use crate::capture::{
    CaptureError,
    gst::{
        decode::Codec,
        element::{add_chain, make, set_if_present},
    },
    serve::{Media, Packed, Unit, rtp::Packets},
};

/// How long the payloader may take for the next packet.
const PATIENCE: gst::ClockTime = gst::ClockTime::from_seconds(10);

/// Caps' fields that are the encoding's parameters in SDP: RFC 6184 (section 8.1), RFC 7798 (7.1).
const PARAMETERS: [&str; 6] = [
    "packetization-mode",
    "profile-level-id",
    "sprop-parameter-sets",
    "sprop-vps",
    "sprop-sps",
    "sprop-pps",
];

/// Makes `clip` ready to be sent.
pub fn pack(clip: Loaded) -> Result<Packed, CaptureError> {
    let pipeline = gst::Pipeline::new();
    let result = run(&pipeline, &clip);
    // Going down cannot fail in a way that leaves something to be done.
    let _ = pipeline.set_state(gst::State::Null);
    let (media, packets) = result?;
    let unit = |(packets, unit): (Packets, super::Unit)| Unit { packets, reorder: unit.reorder };
    let units = packets.into_iter().zip(clip.units).map(unit).collect();
    Ok(Packed { media, units, timeline: clip.timeline })
}

fn run(pipeline: &gst::Pipeline, clip: &Loaded) -> Result<(Media, Vec<Packets>), CaptureError> {
    let fault = || CaptureError::Other("the clip cannot be made into packets".to_owned());
    let source = make("appsrc")?.downcast::<gst_app::AppSrc>().map_err(|_| fault())?;
    source.set_property("format", gst::Format::Time);
    source.set_property("caps", &clip.caps);
    source.set_property("max-bytes", 0_u64);
    let payloader = make(match clip.codec {
        Codec::H265 => "rtph265pay",
        Codec::Jpeg => "rtpjpegpay",
        _ => "rtph264pay",
    })?;
    set_if_present(&payloader, "config-interval", "-1");
    let sink = make("appsink")?.downcast::<gst_app::AppSink>().map_err(|_| fault())?;
    sink.set_property("sync", false);
    add_chain(pipeline.upcast_ref(), &[source.upcast_ref(), &payloader, sink.upcast_ref()])?;
    // What is wrong comes over the bus.
    let _ = pipeline.set_state(gst::State::Playing);

    let mut packets = vec![Packets::default(); clip.units.len()];
    for (index, unit) in clip.units.iter().enumerate() {
        // its packets carry the same time: the unit's number, in seconds
        let mut buffer = unit.buffer.copy();
        let stamped = buffer.make_mut();
        stamped.set_pts(gst::ClockTime::from_seconds(index as u64));
        stamped.set_dts(stamped.pts());
        source.push_buffer(buffer).map_err(|_| fault())?;
    }
    source.end_of_stream().map_err(|_| fault())?;
    let mut media = None;
    while let Some(sample) = sink.try_pull_sample(PATIENCE) {
        media = media.or_else(|| sample.caps().and_then(described));
        let buffer = sample.buffer().ok_or_else(fault)?;
        let index = buffer.pts().map_or(0, gst::ClockTime::seconds) as usize;
        let bytes = buffer.map_readable().map_err(|_| fault())?;
        let unit = packets.get_mut(index).ok_or_else(fault)?;
        unit.add(&bytes).then_some(()).ok_or_else(fault)?;
    }
    if !sink.is_eos() {
        return Err(fault());
    }
    // a unit without packets would be a frame that no viewer sees
    let whole = packets.iter().all(|unit| !unit.is_empty());
    media.filter(|_| whole).map(|media| (media, packets)).ok_or_else(fault)
}

/// The caps of a payloader's packets in the words of SDP.
fn described(caps: &gst::CapsRef) -> Option<Media> {
    let fields = caps.structure(0)?;
    let parameter = |name: &&str| {
        let value = fields.get::<String>(*name).ok()?;
        Some(format!("{name}={value}"))
    };
    let parameters: Vec<String> = PARAMETERS.iter().filter_map(parameter).collect();
    Some(Media {
        payload_type: u8::try_from(fields.get::<i32>("payload").ok()?).ok()?,
        encoding: fields.get("encoding-name").ok()?,
        parameters: parameters.join(";"),
    })
}
