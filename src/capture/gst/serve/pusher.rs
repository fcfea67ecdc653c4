//! The thread that feeds one mount's viewers: every access unit at its moment on the server's
//! timeline, from the keyframe at or before now. Ends when the viewers are gone, the clip is over
//! or the server stops.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use super::{Shared, clip::Loaded};

/// Longest sleep between two looks at the token.
const NAP: Duration = Duration::from_millis(50);
/// Time stamps of frames sent at once, to catch up from the keyframe to now, lie this far apart.
const CATCH_UP: Duration = Duration::from_millis(1);
/// How long the media may take to start its clock.
const START: Duration = Duration::from_secs(10);

/// Feeds `source`, `ahead` of the server's timeline, until there is nothing more to do.
pub fn push(
    source: &gst_app::AppSrc,
    clip: &Arc<Loaded>,
    ahead: Duration,
    looping: bool,
    shared: &Shared,
) {
    let Some(running) = wait_for_clock(source, shared) else { return };
    let joined = shared.started.elapsed() + ahead;
    let Some(mut position) = clip.timeline.join(joined, looping) else {
        let _ = source.end_of_stream();
        return;
    };
    let mut caught_up = running;
    loop {
        let moment = clip.timeline.moment(position);
        if !sleep_until(shared.started + moment.saturating_sub(ahead), shared) {
            return;
        }
        let time = match moment.checked_sub(joined) {
            Some(later) => (running + later).max(caught_up),
            None => caught_up,
        };
        caught_up = time + CATCH_UP;
        let unit = &clip.units[position.index];
        let mut buffer = unit.buffer.copy();
        let stamped = buffer.make_mut();
        stamped.set_pts(gst::ClockTime::try_from(time + unit.reorder).ok());
        stamped.set_dts(gst::ClockTime::try_from(time).ok());
        if source.push_buffer(buffer).is_err() {
            return;
        }
        match clip.timeline.after(position, looping) {
            Some(next) => position = next,
            None => break,
        }
    }
    // The viewers have gone already if this fails.
    let _ = source.end_of_stream();
}

/// The media's running time, once it runs.
fn wait_for_clock(source: &gst_app::AppSrc, shared: &Shared) -> Option<Duration> {
    let until = Instant::now() + START;
    while Instant::now() < until && !shared.stop.is_cancelled() {
        if source.current_state() == gst::State::Playing
            && let Some(running) = source.current_running_time()
        {
            return Some(Duration::from(running));
        }
        thread::sleep(Duration::from_millis(2));
    }
    None
}

/// False when the server stops meanwhile.
fn sleep_until(moment: Instant, shared: &Shared) -> bool {
    while !shared.stop.is_cancelled() {
        let left = moment.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        thread::sleep(left.min(NAP));
    }
    false
}
