//! Composes the parts into what each verb runs. Decides nothing itself; errors carry context here
//! and are printed by `main`.

pub mod detect;
pub mod detector;
pub mod eval;
pub mod pictures;
