//! What the model saw in one frame.

use serde::{Deserialize, Serialize};

use super::{BBox, CameraId, ClassName, WallTime};

/// What a second model said about a detection: see [`Detection::second`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondLook {
    /// The first model's own score in [0, 1].
    pub first_score: f32,
    /// What became of that score, as a factor: above 1 where the second one is surer. Doubt about a box in
    /// a surer one, which comes after it, is part of it.
    pub keep: f32,
}

/// One thing seen in one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// What it was taken for.
    pub class: ClassName,
    /// The score in [0, 1]: the model's, or what a second look made of it.
    pub score: f32,
    /// Where in the frame.
    #[serde(rename = "box")]
    pub bbox: BBox,
    /// The second look, when there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<SecondLook>,
    /// Whether the score is below its class's threshold: it begins nothing, but a thing that is known
    /// has not gone where it is seen weakly.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_weak: bool,
}

/// All that was seen in one sampled frame of one camera; empty when nothing was. An empty one is
/// information too: the camera looked and the thing was not there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detections {
    /// Which camera.
    pub camera: CameraId,
    /// When the frame was taken.
    pub at: WallTime,
    /// Frame width in pixels.
    pub width: u32,
    /// Frame height in pixels.
    pub height: u32,
    /// What was seen.
    pub detections: Vec<Detection>,
}
