//! The nouns every stage hands on. Pure: no clock, file, socket or random source.

pub mod crs;
pub mod detection;
pub mod frame;
pub mod geo;
pub mod geometry;
pub mod ids;
pub mod time;

pub use crs::Crs;
pub use detection::{Detection, Detections, SecondLook};
pub use frame::{ColourMatrix, Encoded, EncodedFormat, Frame, PixelFormat, Plane};
pub use geo::{GroundPosition, LonLat, METRES_PER_DEGREE};
pub use geometry::BBox;
pub use ids::{CameraId, CaseId, ClassName, ThingId, ViolationId};
pub use time::{TimeSource, WallTime};
