//! Where one connection's frames go: dropped, to the decoders that all cameras share, or to one of
//! the camera's own. The sampler decides; this follows, and keeps the camera's pictures in order.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use super::{
    CameraStatus, CaptureError, Decoding, DropReason, Options, OwnReason,
    account::{Account, InFlight, Unit, codec_name},
    gst,
    handover::Handover,
    originals::MAX_GROUP_BYTES,
    own::Own,
    pool::{Place, Places},
    sampling::Verdict,
};
use crate::base::EncodedFormat;

/// See the file's first line.
pub(super) struct Feed {
    account: Arc<Account>,
    camera: String,
    every: Duration,
    decoder: Arc<str>,
    place: Place,
    own: Option<Own>,
    held: Held,
    shown: Option<Decoding>,
}

/// What came since the keyframe, while it is not known whether keyframes suffice.
#[derive(Default)]
struct Held {
    units: Vec<Unit>,
    bytes: usize,
}

impl Held {
    fn add(&mut self, unit: &Unit) {
        if unit.is_key {
            self.clear();
        } else if self.units.is_empty() {
            return;
        }
        self.bytes += unit.data.len();
        self.units.push(unit.clone());
        if self.bytes > MAX_GROUP_BYTES {
            self.clear();
        }
    }

    fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Feed {
    /// For a stream of encoding `format`.
    ///
    /// # Errors
    /// When no decoder for it is installed.
    pub fn new(
        options: &Options,
        format: EncodedFormat,
        status: Arc<CameraStatus>,
        handover: Arc<Mutex<Handover>>,
        places: &Places,
    ) -> Result<Self, CaptureError> {
        let decoder = gst::decoder_for(format, &options.decoders)?;
        status.set_codec(codec_name(format), Some(&decoder));
        Ok(Self {
            account: Arc::new(Account::new(options, format, status, handover)),
            camera: options.id.to_string(),
            every: options.every,
            decoder: decoder.into(),
            place: places.take(),
            own: None,
            held: Held::default(),
            shown: None,
        })
    }

    /// The account of its frames.
    pub fn account(&self) -> &Arc<Account> {
        &self.account
    }

    /// Takes a frame in. Waits only for a decoder of the camera's own.
    pub async fn take(&mut self, unit: Unit) -> Result<(), CaptureError> {
        let flight = InFlight::new(&self.account, unit);
        let answer = self.account.ask(&flight.unit);
        if answer.guessing {
            self.held.add(&flight.unit);
        } else if answer.verdict != Verdict::Decode {
            self.held.clear();
        }
        match (answer.verdict, answer.own) {
            (Verdict::Drop(reason), _) => flight.dropped(reason),
            (Verdict::Decode, Some(reason)) => self.decode_all(flight, reason).await?,
            (Verdict::Wanted, _) | (Verdict::Decode, None) => self.share(flight).await,
        }
        self.account.take_fault().map_or(Ok(()), Err)
    }

    async fn share(&mut self, flight: InFlight) {
        if let Some(own) = self.own.take() {
            own.finish().await;
        }
        self.show(Decoding::Shared);
        if flight.unit.is_whole {
            self.place.offer(Instant::now() + self.every, flight, self.decoder.clone());
        } else {
            flight.decoded(None);
        }
    }

    async fn decode_all(
        &mut self,
        flight: InFlight,
        reason: OwnReason,
    ) -> Result<(), CaptureError> {
        if self.own.is_none() {
            let held = std::mem::take(&mut self.held).units;
            let may_begin = flight.unit.is_key || reason == OwnReason::NoKeyframes;
            if !may_begin && held.is_empty() {
                flight.dropped(DropReason::Delta);
                return Ok(());
            }
            // The shared decoders' last picture of this camera goes first.
            self.place.idle().await;
            let own = Own::start(self.account.clone(), &self.camera, self.decoder.clone())?;
            for unit in held {
                own.feed(InFlight::leading_up(&self.account, unit)).await;
            }
            self.own = Some(own);
        }
        if flight.unit.is_key || self.shown.is_none_or(|shown| shown == Decoding::Shared) {
            self.show(Decoding::Own(reason));
        }
        if let Some(own) = &self.own {
            own.feed(flight).await;
        }
        Ok(())
    }

    fn show(&mut self, decoding: Decoding) {
        if self.shown != Some(decoding) {
            tracing::info!(
                camera = self.camera,
                way = decoding.way(),
                why = decoding.reason(),
                keyframes_every_s = decoding.keyframes_every_s(),
                "camera decoded"
            );
            self.account.status.set_decoding(decoding);
            self.shown = Some(decoding);
        }
    }

    /// Has everything decoded that came in: the stream is at its end.
    pub async fn drain(&mut self) {
        if let Some(own) = self.own.take() {
            own.finish().await;
        }
        self.place.idle().await;
    }

    /// Ends: what is not decoded yet is let go of, and nothing of this connection is handed over
    /// any more when this returns.
    pub async fn end(mut self) {
        self.account.over.cancel();
        self.place.withdraw();
        self.drain().await;
    }
}
