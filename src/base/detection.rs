//! What the model saw in one frame.

use serde::{Deserialize, Serialize};

use super::{BBox, CameraId, ClassName, WallTime};

/// One thing seen in one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Detection {
    /// What it was taken for.
    pub class: ClassName,
    /// The model's score in [0, 1].
    pub score: f32,
    /// Where in the frame.
    #[serde(rename = "box")]
    pub bbox: BBox,
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
