//! Cameras against real streams: the project's own RTSP server, files, HTTP. Clips are made here.
//! Nothing is asserted on the clock; every wait has a deadline.

pub mod clips;
mod damage;
mod dusk;
mod files;
mod http;
mod pool;
pub mod road;
mod rtsp;
