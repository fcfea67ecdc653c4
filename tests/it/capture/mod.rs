//! Cameras against real streams: the project's own RTSP server, files, HTTP. Clips are made here.
//! Nothing is asserted on the clock; every wait has a deadline.

mod clips;
mod files;
mod http;
mod road;
mod rtsp;
