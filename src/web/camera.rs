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
    /// Why it fails, without any credential.
    pub reason: Option<String>,
    /// Frames that came in.
    pub frames_in: u64,
    /// Frames handed on.
    pub sampled: u64,
    /// Frames dropped, by reason.
    pub dropped: BTreeMap<String, u64>,
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
    /// Where frame times come from: `sender_ntp`, `arrival` or `file`.
    pub time_source: Option<String>,
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
        camera.reason = camera.reason.take().map(|reason| without_credentials(&reason));
    }
    Json(CamerasView { cameras })
}

/// A second line of defence behind capture's own redaction: an address inside a reason loses its user
/// part and its query, which is where cameras put passwords.
fn without_credentials(reason: &str) -> String {
    let clean = |word: &str| {
        let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
        let end = rest.find(['?', '#']).unwrap_or(rest.len());
        // a password may hold an unescaped @ or /: all before the last @ is taken for it
        let (start, kept) = rest[..end].rfind('@').map_or((0, ""), |at| (at + 1, "***@"));
        let tail = if end < rest.len() { "?***" } else { "" };
        format!("{scheme}://{kept}{}{tail}", &rest[start..end])
    };
    reason.split(' ').map(clean).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_reasons_lose_their_secrets() {
        assert_eq!(
            without_credentials("cannot open rtsp://admin:p/w@10.0.0.9:554/ch1?pwd=hunter2 (401)"),
            "cannot open rtsp://***@10.0.0.9:554/ch1?*** (401)"
        );
        assert_eq!(without_credentials("no frames for 10 s"), "no frames for 10 s");
        assert_eq!(without_credentials("rtsp://cam/ch1: refused"), "rtsp://cam/ch1: refused");
    }
}
