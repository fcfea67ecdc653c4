//! Made-up streets through the real `replay`: what must become one case, what none, and what a bad
//! recording or a cut in the middle must not do. No video, no model.

mod bad_input;
mod cut;
mod desk;
mod gated;
mod law;
mod no_case;
mod one_case;
mod optics;
mod review;
mod street;
mod two_cases;
mod yardstick;
