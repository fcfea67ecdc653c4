//! Makes the media of one mount: appsrc and payloader, by name. One media is shared by all viewers.

use std::{
    sync::{
        Arc, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use gstreamer as gst;
use gstreamer::{glib, prelude::*, subclass::prelude::*};
use gstreamer_app as gst_app;
use gstreamer_rtsp_server::{self as rtsp, subclass::prelude::*};

use super::{Shared, clip::Loaded, pusher};
use crate::capture::gst::{decode::Codec, element};

/// Most bytes waiting for a viewer that does not read; the oldest beyond are dropped.
const MAX_WAITING: u64 = 32 << 20;

/// What a mount plays.
struct Playing {
    clip: Arc<Loaded>,
    ahead: Duration,
    looping: bool,
    shared: Arc<Shared>,
}

mod imp {
    use super::*;

    /// Private part of the factory.
    #[derive(Default)]
    pub struct ClipFactory {
        pub(super) playing: OnceLock<Playing>,
    }

    #[glib::object_subclass]
    impl ObjectSubclass for ClipFactory {
        const NAME: &'static str = "StreetwardenClipFactory";
        type Type = super::ClipFactory;
        type ParentType = rtsp::RTSPMediaFactory;
    }

    impl ObjectImpl for ClipFactory {}

    impl RTSPMediaFactoryImpl for ClipFactory {
        fn create_element(&self, _url: &rtsp::gst_rtsp::RTSPUrl) -> Option<gst::Element> {
            self.playing.get().and_then(super::media)
        }
    }
}

glib::wrapper! {
    /// A media factory that plays one clip.
    pub struct ClipFactory(ObjectSubclass<imp::ClipFactory>) @extends rtsp::RTSPMediaFactory;
}

impl ClipFactory {
    /// A factory for `clip`, played `ahead` of the server's timeline.
    pub(super) fn new(
        clip: Arc<Loaded>,
        ahead: Duration,
        looping: bool,
        shared: Arc<Shared>,
    ) -> Self {
        let factory: Self = glib::Object::new();
        // A new object's cell is empty.
        let _ = factory.imp().playing.set(Playing { clip, ahead, looping, shared });
        factory
    }
}

/// `appsrc ! payloader`, fed by a thread of its own from the first time data is wanted. `None`,
/// which the viewer sees as an error, when the clip is over.
fn media(playing: &Playing) -> Option<gst::Element> {
    let Playing { clip, ahead, looping, shared } = playing;
    clip.timeline.join(shared.started.elapsed() + *ahead, *looping)?;
    let source = element::make("appsrc").ok()?.downcast::<gst_app::AppSrc>().ok()?;
    source.set_property("is-live", true);
    source.set_property("format", gst::Format::Time);
    source.set_property("caps", &clip.caps);
    source.set_property("max-bytes", MAX_WAITING);
    source.set_property_from_str("leaky-type", "downstream");
    let payloader = element::make(match clip.codec {
        Codec::H265 => "rtph265pay",
        Codec::Jpeg => "rtpjpegpay",
        _ => "rtph264pay",
    });
    let payloader = payloader.ok()?;
    payloader.set_property("name", "pay0");
    element::set_if_present(&payloader, "config-interval", "-1");
    feed(&source, playing);
    let bin = gst::Bin::new();
    element::add_chain(&bin, &[source.upcast_ref(), &payloader]).ok()?;
    Some(bin.upcast())
}

fn feed(source: &gst_app::AppSrc, playing: &Playing) {
    let Playing { clip, ahead, looping, shared } = playing;
    let (ahead, looping) = (*ahead, *looping);
    let (clip, shared, begun) = (clip.clone(), shared.clone(), AtomicBool::new(false));
    let callbacks = gst_app::AppSrcCallbacks::builder().need_data(move |source, _| {
        if begun.swap(true, SeqCst) {
            return;
        }
        let (source, clip, of_thread) = (source.clone(), clip.clone(), shared.clone());
        let pusher = std::thread::Builder::new()
            .name("clip-pusher".to_owned())
            .spawn(move || pusher::push(&source, &clip, ahead, looping, &of_thread));
        let mut pushers = shared.pushers.lock().unwrap_or_else(PoisonError::into_inner);
        pushers.retain(|pusher| !pusher.is_finished());
        pushers.extend(pusher.ok());
    });
    source.set_callbacks(callbacks.build());
}
