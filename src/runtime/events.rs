//! One type per notable event of the road: emitting it writes the log line and counts the metric,
//! so the two cannot drift apart. Never logged here: pictures, plates, credentials.

use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use tracing::{debug, error, info, warn};

use crate::{
    base::{CameraId, CaseId, SecondLook},
    detect::{BatchPolicy, CostCurve, Doubted, Looked, Place, ProviderUsed},
    resolve::Case,
};

/// The metric of the time from a frame's arrival to its judgement.
pub const DECISION_SECONDS: &str = "streetwarden_decision_seconds";

/// Upper bounds of its buckets, in seconds: ten a decade, so that a quantile read off them is a tenth
/// off at most.
pub const DECISION_BUCKETS_S: &[f64] = &[
    0.001, 0.00125, 0.0016, 0.002, 0.0025, 0.00315, 0.004, 0.005, 0.0063, 0.008, //
    0.01, 0.0125, 0.016, 0.02, 0.025, 0.0315, 0.04, 0.05, 0.063, 0.08, //
    0.1, 0.125, 0.16, 0.2, 0.25, 0.315, 0.4, 0.5, 0.63, 0.8, //
    1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0, //
    10.0, 12.5, 16.0, 20.0, 25.0, 31.5, 40.0, 50.0, 63.0,
];

/// Says in the metrics' HELP lines what each of them counts; to be called once the recorder is there.
pub fn describe() {
    for (name, what) in [
        ("streetwarden_sessions", "Open inference sessions, by provider"),
        ("streetwarden_batch_waits_for_frames", "Frames a batch is waited for now, by session"),
        ("streetwarden_batch_largest_frames", "Frames taken at once when many wait, by session"),
    ] {
        describe_gauge!(name, what);
    }
    let waits = "Time that a batch is waited for now, by session";
    describe_gauge!("streetwarden_batch_waits_seconds", Unit::Seconds, waits);
    let interval = "Mean time between frames that come to inference";
    describe_gauge!("streetwarden_frame_interval_seconds", Unit::Seconds, interval);
    for (name, what) in [
        ("streetwarden_provider_fallbacks_total", "Sessions that fell back to a slower provider"),
        ("streetwarden_model_switches_total", "Switches to another model, by model"),
        ("streetwarden_frames_lost_total", "Frames given up after sampling, by reason"),
        ("streetwarden_frames_judged_total", "Frames judged"),
        ("streetwarden_detections_total", "Detections in judged frames"),
        (
            "streetwarden_second_looks_total",
            "Detections looked at a second time, by class, by result (kept, or dropped because too little is left of the score) and by what it is from: the model, or memory of a thing that has not moved",
        ),
        (
            "streetwarden_doubted_total",
            "Detections dropped because they lie in a surer one of their class, by class",
        ),
        ("streetwarden_cases_opened_total", "Cases opened, by class"),
        ("streetwarden_cases_gone_total", "Cases whose thing is gone, by class"),
        ("streetwarden_write_retries_total", "Writes that failed and are tried again"),
        ("streetwarden_deliveries_total", "Attempts to deliver a message, by channel and result"),
    ] {
        describe_counter!(name, what);
    }
    describe_histogram!("streetwarden_batch_frames", Unit::Count, "Frames of a batch");
    for (name, what) in [
        (
            "streetwarden_batch_seconds",
            "Time of a batch in the session, with pre- and post-processing",
        ),
        (DECISION_SECONDS, "Time from a frame's arrival, still encoded, to its judgement"),
    ] {
        describe_histogram!(name, Unit::Seconds, what);
    }
}

/// A session runs on a provider.
pub struct SessionOpened<'a> {
    /// Which.
    pub provider: &'a ProviderUsed,
    /// The model's name.
    pub model: &'a str,
}

impl SessionOpened<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        let provider = self.provider.used.as_str();
        gauge!("streetwarden_sessions", "provider" => provider).increment(1.0);
        if let Some(why) = &self.provider.why {
            counter!("streetwarden_provider_fallbacks_total", "used" => provider).increment(1);
            warn!(model = self.model, provider, why, "inference fell back");
        } else {
            info!(model = self.model, provider, "inference session opened");
        }
    }
}

/// A session failed while running and goes on elsewhere.
pub struct SessionMoved<'a> {
    /// Where it failed.
    pub from: Place,
    /// Where it runs now.
    pub to: &'a ProviderUsed,
    /// The model's name.
    pub model: &'a str,
    /// What it failed of.
    pub why: &'a dyn std::fmt::Display,
}

impl SessionMoved<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        let (from, used) = (self.from.provider.as_str(), self.to.used.as_str());
        gauge!("streetwarden_sessions", "provider" => from).decrement(1.0);
        gauge!("streetwarden_sessions", "provider" => used).increment(1.0);
        counter!("streetwarden_provider_fallbacks_total", "used" => used).increment(1);
        let to = self.to.place();
        warn!(model = self.model, from = %self.from, %to, why = %self.why, "inference moved");
    }
}

/// A session failed while running and can go on nowhere; its frames are lost from now on.
pub struct SessionStranded<'a> {
    /// Where it failed.
    pub from: Place,
    /// What it failed of.
    pub why: &'a dyn std::fmt::Display,
    /// Why it cannot go on elsewhere.
    pub error: &'a dyn std::fmt::Display,
}

impl SessionStranded<'_> {
    /// Log line only: each lost frame is counted.
    pub fn emit(self) {
        error!(from = %self.from, why = %self.why, error = %self.error, "inference has no place left");
    }
}

/// It was measured what batches cost.
pub struct BatchesMeasured<'a> {
    /// The session's name.
    pub session: &'a str,
    /// What came out.
    pub costs: &'a CostCurve,
}

impl BatchesMeasured<'_> {
    /// Log line only: what follows from it changes with every batch.
    pub fn emit(self) {
        let Self { session, costs } = self;
        let largest = costs.cheapest(costs.most());
        let one_more_ms = costs.worth(1).as_secs_f64() * 1e3;
        let one_more_ms = format_args!("{one_more_ms:.1}");
        info!(session, %costs, largest, worth_waiting_ms = %one_more_ms, "batches measured");
    }
}

/// A person switched to another model.
pub struct ModelSwitched<'a> {
    /// Which.
    pub model: &'a str,
    /// Who.
    pub by: &'a str,
}

impl ModelSwitched<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        counter!("streetwarden_model_switches_total", "model" => self.model.to_owned())
            .increment(1);
        info!(model = self.model, by = self.by, "model switched");
    }
}

/// A batch went through a session.
pub struct BatchDone<'a> {
    /// The session's name.
    pub session: &'a str,
    /// Frames in it.
    pub frames: usize,
    /// Time in the session, pre- and post-processing included.
    pub took: Duration,
    /// What closes the next one.
    pub policy: &'a BatchPolicy,
    /// How soon frames come.
    pub interval: Option<Duration>,
}

impl BatchDone<'_> {
    /// Metric only: there are many.
    pub fn emit(self) {
        histogram!("streetwarden_batch_frames").record(self.frames as f64);
        histogram!("streetwarden_batch_seconds").record(self.took.as_secs_f64());
        let of = |name: &'static str| gauge!(name, "session" => self.session.to_owned());
        let (frames, waits) = self.policy.waits_for(self.interval);
        of("streetwarden_batch_waits_for_frames").set(frames as f64);
        of("streetwarden_batch_waits_seconds").set(waits.as_secs_f64());
        let costs = self.policy.costs();
        of("streetwarden_batch_largest_frames").set(costs.cheapest(costs.most()) as f64);
        if let Some(interval) = self.interval {
            gauge!("streetwarden_frame_interval_seconds").set(interval.as_secs_f64());
        }
    }
}

/// A frame was given up after sampling.
pub struct FrameLost<'a> {
    /// Whose.
    pub camera: &'a CameraId,
    /// `inference_failed` or `disk_full`.
    pub reason: &'static str,
    /// More about it.
    pub error: &'a dyn std::fmt::Display,
}

impl FrameLost<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        counter!("streetwarden_frames_lost_total", "camera" => self.camera.to_string(), "reason" => self.reason)
            .increment(1);
        warn!(camera = %self.camera, reason = self.reason, error = %self.error, "frame lost");
    }
}

/// A frame has been judged.
pub struct FrameJudged<'a> {
    /// Whose.
    pub camera: &'a CameraId,
    /// What was seen in it.
    pub detections: usize,
    /// From its arrival to the decision.
    pub latency: Duration,
}

impl FrameJudged<'_> {
    /// Metric only: there are many.
    pub fn emit(self) {
        let camera = self.camera.to_string();
        counter!("streetwarden_frames_judged_total", "camera" => camera.clone()).increment(1);
        counter!("streetwarden_detections_total", "camera" => camera)
            .increment(self.detections as u64);
        histogram!(DECISION_SECONDS).record(self.latency.as_secs_f64());
    }
}

/// A detection was looked at a second time.
pub struct LookedTwice<'a>(pub &'a Looked<'a>);

impl LookedTwice<'_> {
    /// Metric, and a log line for one that is weak now: only whoever looks for it wants to read it.
    pub fn emit(self) {
        let Looked { camera, class, second, score, is_weak, is_recalled } = *self.0;
        let result = if is_weak { "weak" } else { "kept" };
        let from = if is_recalled { "memory" } else { "model" };
        let class_name = class.to_string();
        counter!("streetwarden_second_looks_total", "class" => class_name, "result" => result, "from" => from)
            .increment(1);
        if is_weak {
            let SecondLook { first_score, keep } = second;
            debug!(%camera, %class, first_score, keep, score, "weak at the second look");
        }
    }
}

/// A detection was dropped because it lies in a surer one.
pub struct WeakByDoubt<'a>(pub &'a Doubted<'a>);

impl WeakByDoubt<'_> {
    /// Metric, and a log line that only whoever looks for it wants to read.
    pub fn emit(self) {
        let Doubted { camera, class, score } = *self.0;
        counter!("streetwarden_doubted_total", "class" => class.to_string()).increment(1);
        debug!(%camera, %class, score, "weak: lies in a surer one");
    }
}

/// A case was opened and is on disk.
pub struct CaseOpened<'a>(pub &'a Case);

impl CaseOpened<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        let case = self.0;
        counter!("streetwarden_cases_opened_total", "class" => case.class.to_string()).increment(1);
        info!(
            case = %case.id, class = %case.class, code = case.code, grid = case.grid,
            lon = %format_args!("{:.7}", case.place.lon),
            lat = %format_args!("{:.7}", case.place.lat),
            error_m = %format_args!("{:.1}", case.error_m), "case opened"
        );
    }
}

/// The thing of a case is no longer there.
pub struct CaseGone<'a>(pub &'a Case);

impl CaseGone<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        counter!("streetwarden_cases_gone_total", "class" => self.0.class.to_string()).increment(1);
        info!(case = %self.0.id, class = %self.0.class, "thing of the case is gone");
    }
}

/// Something could not be written and will be tried again.
pub struct WriteDelayed<'a> {
    /// What.
    pub what: &'static str,
    /// Why.
    pub error: &'a dyn std::fmt::Display,
}

impl WriteDelayed<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        counter!("streetwarden_write_retries_total", "what" => self.what).increment(1);
        error!(what = self.what, error = %self.error, "cannot write, trying again");
    }
}

/// A line came too late for the recording.
pub struct LineLeftOut<'a> {
    /// Whose.
    pub camera: &'a CameraId,
}

impl LineLeftOut<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        counter!("streetwarden_recording_lines_left_out_total", "camera" => self.camera.to_string())
            .increment(1);
        warn!(camera = %self.camera, "too late for the recording; check the camera's clock");
    }
}

/// The recording cannot be written; the daemon goes on without it.
pub struct RecordingEnded<'a> {
    /// Why.
    pub error: &'a dyn std::fmt::Display,
}

impl RecordingEnded<'_> {
    /// Log line only: it happens once.
    pub fn emit(self) {
        error!(error = %self.error, "recording cannot be written and ends here");
    }
}

/// A message left through a channel.
pub struct Delivered<'a> {
    /// Channel name.
    pub channel: &'a str,
    /// Idempotency key.
    pub key: &'a str,
}

impl Delivered<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        counter!("streetwarden_deliveries_total", "channel" => self.channel.to_owned(), "result" => "ok")
            .increment(1);
        info!(channel = self.channel, key = self.key, "delivered");
    }
}

/// A message did not leave.
pub struct DeliveryFailed<'a> {
    /// Channel name.
    pub channel: &'a str,
    /// Idempotency key.
    pub key: &'a str,
    /// Why.
    pub error: &'a str,
    /// When it is tried again; `None`: it became a dead letter.
    pub retry_in: Option<Duration>,
}

impl DeliveryFailed<'_> {
    /// Log line and metric.
    pub fn emit(self) {
        let result = if self.retry_in.is_some() { "retry" } else { "dead" };
        counter!("streetwarden_deliveries_total", "channel" => self.channel.to_owned(), "result" => result)
            .increment(1);
        warn!(
            channel = self.channel,
            key = self.key,
            error = self.error,
            retry_in_s = self.retry_in.map(|d| d.as_secs()),
            "delivery failed"
        );
    }
}

/// A reviewer's rejection reached judging.
pub struct SpotLearned<'a> {
    /// The spot's id.
    pub spot: &'a str,
    /// The case it came from, when it did.
    pub case: Option<&'a CaseId>,
}

impl SpotLearned<'_> {
    /// Log line only.
    pub fn emit(self) {
        info!(spot = self.spot, case = self.case.map(CaseId::as_str), "rejected spot in force");
    }
}
