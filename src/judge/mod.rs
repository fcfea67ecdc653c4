//! What the machine claims: detections → the same thing as before → place on the ground → rule →
//! violation. It decides nothing about cases and nothing a person decides. Pure: time comes in with
//! the detections, so a day can be judged again in seconds and gives the same result.
//!
//! The road of one detection: a [`Camera`]'s zones let it in; a `Track` (one camera, one spot in
//! the picture) takes it and weighs whether the spot's hits can be chance; a proven track belongs to
//! a `Thing` (one place on the ground, any number of cameras); a thing that stands unlawfully for
//! its rule's dwell time is a [`Violation`].

mod area;
mod camera;
mod engine;
mod ground;
mod hours;
mod law;
mod near;
mod options;
mod state;
mod thing;
mod track;
mod verdict;

pub use area::{Area, AreaError, Zone};
pub use engine::Judge;
pub use ground::{Ground, GroundError, Homography, Pose, SurveyPoint};
pub use hours::{Hours, HoursError};
pub use options::{Camera, Options, Permit, Rule};
pub use state::{StateError, StateValue};
pub use verdict::{Judgement, RejectedSpot, Violation};
