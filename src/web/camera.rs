//! Health of the cameras as the runtime reports it. Never an address, user or password of one.

use std::collections::BTreeMap;

use axum::{Json, extract::State as Shared};
use serde::Serialize;
use utoipa::ToSchema;

use super::{State, error::ErrorBody};
use crate::base::WallTime;

/// How one camera is doing.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CameraHealth {
    /// Its id in the settings.
    pub id: String,
    /// Its name in the settings; may be empty.
    pub name: String,
    /// Longitude, WGS84, where it is known.
    pub lon: Option<f64>,
    /// Latitude.
    pub lat: Option<f64>,
    /// `connecting`, `streaming`, `failing` or `ended`.
    pub state: String,
    /// Why it fails, without any address or credential.
    pub reason: Option<String>,
    /// Frames that came in.
    pub frames_in: u64,
    /// Frames handed on.
    pub sampled: u64,
    /// Frames dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Frames in the decoder now; with the sampled and the dropped they make up `frames_in`.
    pub decoding: u64,
    /// Times it was connected anew.
    pub reconnects: u64,
    /// When its latest frame was taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_frame_at: Option<WallTime>,
    /// Frame width in pixels; 0 until known.
    pub width: u32,
    /// Frame height in pixels; 0 until known.
    pub height: u32,
    /// Codec; empty until known.
    pub codec: String,
    /// Which way its frames are decoded; unknown before the first.
    pub decoded: Option<DecodedView>,
    /// Where frame times come from: `sender_ntp`, `arrival` or `file`.
    pub time_source: Option<String>,
}

/// Which way a camera's frames are decoded, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct DecodedView {
    /// `shared`: its keyframes, by the decoders that all cameras share. `own`: every frame, by a
    /// decoder of its own.
    pub way: String,
    /// Why it has its own: `sparse_keyframes`, `no_keyframes`, `asked_for` or `source` (GStreamer
    /// receives it).
    pub reason: Option<String>,
    /// Seconds from one keyframe to the next, where they are the reason.
    pub keyframes_every_s: Option<f64>,
}

/// All cameras.
#[derive(Serialize, ToSchema)]
pub struct CamerasView {
    /// In the order of the settings.
    pub cameras: Vec<CameraHealth>,
}

/// Health of every camera.
#[utoipa::path(get, path = "/api/v1/cameras", tag = "cameras",
    responses((status = 200, body = CamerasView), (status = 401, body = ErrorBody)))]
pub async fn list(Shared(state): Shared<State>) -> Json<CamerasView> {
    let mut cameras = (state.cameras)();
    for camera in &mut cameras {
        camera.reason = camera.reason.take().map(|reason| without_addresses(&reason));
    }
    Json(CamerasView { cameras })
}

/// A second line of defence behind capture's own redaction: no answer carries a camera's address, and
/// with it goes whatever password stands in it.
fn without_addresses(reason: &str) -> String {
    let clean = |word: &str| match word.contains("://") {
        true => "(address)".to_owned(),
        false => word.to_owned(),
    };
    reason.split_whitespace().map(clean).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_lose_addresses_and_what_is_in_them() {
        assert_eq!(
            without_addresses("cannot open rtsp://admin:p/w@10.0.0.9:554/ch1?pwd=hunter2 (401)"),
            "cannot open (address) (401)"
        );
        assert_eq!(without_addresses("no frames for 10 s"), "no frames for 10 s");
    }
}
