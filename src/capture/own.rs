//! A decoder of one camera's own, on a thread of its own, fed with every frame: for cameras whose
//! keyframes do not suffice. When it is slow, the connection waits for it, and the camera for that.

use std::{
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    CaptureError, DropReason,
    account::{Account, InFlight, Shown},
    gst::{Decoded, RunningDecoder},
    pending::{Entry, Pending},
};

/// Frames waiting for the decoder: a second or so.
const WAITING: usize = 32;

/// See the file's first line.
pub(super) struct Own {
    units: mpsc::Sender<InFlight>,
    ended: oneshot::Receiver<()>,
    thread: JoinHandle<()>,
}

impl Own {
    /// Starts the thread; `camera` names it.
    pub fn start(
        account: Arc<Account>,
        camera: &str,
        decoder: Arc<str>,
    ) -> Result<Self, CaptureError> {
        let (units, frames) = mpsc::channel(WAITING);
        let (tell, ended) = oneshot::channel();
        // Linux keeps 15 bytes of a thread's name
        let name: String = format!("own {camera}").chars().take(15).collect();
        let work = move || {
            if let Err(error) = decode(&account, frames, &decoder) {
                account.fail(error);
            }
            // Nobody waits any more when this fails.
            let _ = tell.send(());
        };
        let no_thread = |_| CaptureError::Other("the system gives no thread".to_owned());
        let thread = std::thread::Builder::new().name(name).spawn(work).map_err(no_thread)?;
        Ok(Self { units, ended, thread })
    }

    /// Feeds a frame; waits while there is no room.
    pub async fn feed(&self, flight: InFlight) {
        // The thread has ended, with its reason, when this fails; the frame counts as stopping.
        if let Ok(room) = self.units.reserve().await {
            room.send(flight);
        }
    }

    /// Has all it was fed decoded, or let go of where the connection is over, and ends the thread.
    pub async fn finish(self) {
        drop(self.units);
        // Told or gone: in both cases the thread's work is done.
        let _ = self.ended.await;
        if self.thread.join().is_err() {
            tracing::warn!("a camera's decoder thread had panicked");
        }
    }
}

fn decode(
    account: &Arc<Account>,
    mut frames: mpsc::Receiver<InFlight>,
    decoder: &str,
) -> Result<(), CaptureError> {
    let pending: Arc<Mutex<Pending>> = Arc::default();
    let running = {
        let (account, pending) = (account.clone(), pending.clone());
        RunningDecoder::new(account.format, decoder, move |decoded| {
            show(&account, &pending, decoded);
        })?
    };
    while let Some(flight) = frames.blocking_recv() {
        if account.over.is_cancelled() {
            break;
        }
        let settled = !flight.is_open();
        let unit = flight.into_unit();
        let entry = Entry {
            pts: unit.at,
            wanted: false,
            original: account.keep(&unit),
            arrival: unit.arrival,
            sender: unit.sender,
            settled,
        };
        let given_up = pending.lock().unwrap_or_else(PoisonError::into_inner).enter(entry);
        account.count_drops(given_up, DropReason::Undecodable);
        account.note_fed(unit.is_key);
        if !running.push(&unit.data, unit.at) {
            account.fail(CaptureError::Undecodable {
                codec: super::account::codec_name(account.format).to_owned(),
            });
        }
    }
    let stopped = account.over.is_cancelled();
    if !stopped {
        running.finish();
    }
    drop(running);
    let reason = if stopped { DropReason::Stopping } else { DropReason::Undecodable };
    let given_up = pending.lock().unwrap_or_else(PoisonError::into_inner).write_off();
    account.count_drops(given_up, reason);
    Ok(())
}

/// A picture out of the decoder.
fn show(account: &Account, pending: &Mutex<Pending>, decoded: &Decoded<'_>) {
    account.note_out();
    let pts = decoded.pts();
    let (claimed, lost) = pending.lock().unwrap_or_else(PoisonError::into_inner).claim(pts);
    account.count_drops(lost, DropReason::Undecodable);
    let Some(entry) = claimed.filter(|entry| !entry.settled) else { return };
    let pts = pts.unwrap_or(entry.pts);
    if !account.is_due(pts) {
        return account.status.count_drop(DropReason::NotDue);
    }
    let Some(planes) = decoded.planes() else {
        return account.status.count_drop(DropReason::Undecodable);
    };
    let encoded = entry.original.map(|original| original.encoded(account.format));
    let (arrival, sender) = (entry.arrival, entry.sender);
    account.hand_over(Shown { pts, arrival, sender, encoded }, planes);
}
