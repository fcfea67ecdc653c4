//! Health as the page, the probes and the metrics show it. No address or credential of a camera
//! is in it.

use metrics::{counter, describe_counter, describe_gauge, gauge};

use crate::{
    capture::{Decoding, State},
    runtime::health::{CameraHealth, Health},
    web,
};

/// What the page shows of every camera.
pub fn cameras(health: &Health) -> Vec<web::CameraHealth> {
    health.cameras().iter().map(|camera| one(camera)).collect()
}

fn one(camera: &CameraHealth) -> web::CameraHealth {
    let (status, account) = (camera.capture(), camera.account());
    let (state, reason) = worded(&status.state);
    web::CameraHealth {
        id: camera.id.to_string(),
        name: camera.name.clone(),
        lon: camera.position.map(|p| p.lon),
        lat: camera.position.map(|p| p.lat),
        state: state.to_owned(),
        reason,
        frames_in: account.frames_in,
        sampled: account.sampled,
        dropped: account.dropped.into_iter().map(|(why, n)| (why.to_owned(), n)).collect(),
        decoding: account.decoding,
        reconnects: status.reconnects,
        last_frame_at: status.last_frame_at,
        width: status.width,
        height: status.height,
        codec: status.codec.unwrap_or_default(),
        decoded: status.decoding.map(|decoding| web::DecodedView {
            way: decoding.way().to_owned(),
            reason: decoding.reason().map(str::to_owned),
            keyframes_every_s: decoding.keyframes_every_s(),
        }),
        time_source: status.time_source.map(|t| {
            serde_json::to_value(t)
                .ok()
                .and_then(|v| v.as_str().map(str::to_owned))
                .unwrap_or_default()
        }),
    }
}

/// A state as a word, and the reason it has.
pub fn worded(state: &State) -> (&'static str, Option<String>) {
    match state {
        State::Connecting => ("connecting", None),
        State::Streaming => ("streaming", None),
        State::Failing { reason } => ("failing", Some(reason.clone())),
        State::Ended => ("ended", None),
    }
}

/// Ready once any camera has handed over a frame; without that the site is blind.
pub fn ready(health: &Health) -> Result<(), String> {
    let sees = |c: &&std::sync::Arc<CameraHealth>| c.capture().sampled > 0;
    match health.cameras().iter().find(sees) {
        Some(_) => Ok(()),
        None => Err("no camera has handed over a frame yet".to_owned()),
    }
}

/// Says in the metrics' HELP lines what [`publish`] sets.
pub fn describe() {
    describe_counter!("streetwarden_camera_frames_in_total", "Frames that came in");
    describe_counter!("streetwarden_camera_frames_sampled_total", "Frames handed on to the model");
    describe_counter!(
        "streetwarden_camera_frames_dropped_total",
        "Frames dropped before the model, by reason"
    );
    describe_counter!("streetwarden_camera_reconnects_total", "Times a camera was connected anew");
    describe_gauge!("streetwarden_camera_streaming", "1 while a camera delivers, else 0");
    describe_gauge!(
        "streetwarden_camera_own_decoder",
        "1 while a camera has a decoder of its own, 0 while it shares; the reason is in /api/v1/cameras"
    );
}

/// Sets the metrics of every camera to what its own counters say now.
pub fn publish(health: &Health) {
    for camera in health.cameras() {
        let (status, account) = (camera.capture(), camera.account());
        let id = camera.id.to_string();
        counter!("streetwarden_camera_frames_in_total", "camera" => id.clone())
            .absolute(account.frames_in);
        counter!("streetwarden_camera_frames_sampled_total", "camera" => id.clone())
            .absolute(account.sampled);
        counter!("streetwarden_camera_reconnects_total", "camera" => id.clone())
            .absolute(status.reconnects);
        let up = f64::from(u8::from(status.state == State::Streaming));
        gauge!("streetwarden_camera_streaming", "camera" => id.clone()).set(up);
        if let Some(decoding) = status.decoding {
            let own = f64::from(u8::from(decoding != Decoding::Shared));
            gauge!("streetwarden_camera_own_decoder", "camera" => id.clone()).set(own);
        }
        for (why, n) in account.dropped {
            counter!("streetwarden_camera_frames_dropped_total", "camera" => id.clone(), "reason" => why)
                .absolute(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::capture::DropReason;

    /// Reasons that frames are lost for behind the cameras.
    const LOST: [&str; 2] = ["inference_failed", "disk_full"];

    #[test]
    fn the_page_has_a_word_for_each_reason_that_a_frame_is_dropped_for() {
        // the other language has the same words, which is tested where they stand
        let words = include_str!("../../web/js/text-en.js");
        for reason in DropReason::ALL.map(DropReason::as_str).into_iter().chain(LOST) {
            assert!(words.contains(&format!("\"drop.{reason}\": ")), "{reason}");
        }
    }
}
