//! The outbox worker: claims rows, delivers them, notes the result. A crash between delivery and
//! note delivers again with the same idempotency key.

use std::time::Duration;

use chrono::Utc;
use tokio_util::sync::CancellationToken;

use super::events::{Delivered, DeliveryFailed, WriteDelayed};
use crate::{
    base::WallTime,
    send::{self, Channel, Message},
    store::{OutboxJob, Store, StoreError},
};

const POLL_EVERY: Duration = Duration::from_millis(500);
/// Longer than any delivery may take, so that no second worker takes the row meanwhile.
const LEASE: Duration = Duration::from_secs(120);
const CLAIM: u32 = 16;

/// Delivers until `stop`; what is left stays in the outbox.
pub async fn run(store: Store, channels: Vec<Channel>, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match store.claim_outbox(now(), CLAIM, LEASE).await {
            Ok(jobs) if !jobs.is_empty() => {
                for job in jobs {
                    if let Err(error) = deliver(&store, &channels, job).await {
                        WriteDelayed { what: "outbox", error: &error }.emit();
                    }
                }
                continue;
            }
            Ok(_) => {}
            Err(error) => WriteDelayed { what: "outbox", error: &error }.emit(),
        }
        tokio::select! {
            () = stop.cancelled() => {}
            () = tokio::time::sleep(POLL_EVERY) => {}
        }
    }
}

async fn deliver(store: &Store, channels: &[Channel], job: OutboxJob) -> Result<(), StoreError> {
    let Some(channel) = channels.iter().find(|c| c.name() == job.channel).cloned() else {
        let error = "no channel of this name in the settings";
        DeliveryFailed { channel: &job.channel, key: &job.key, error, retry_in: None }.emit();
        return store.outbox_dead(job.id, error).await;
    };
    let message =
        Message { key: job.key.clone(), created_at: job.created_at, body: job.body.clone() };
    let sent = tokio::task::spawn_blocking(move || channel.deliver(&message)).await;
    match sent {
        Ok(Ok(())) => {
            Delivered { channel: &job.channel, key: &job.key }.emit();
            store.outbox_done(job.id).await
        }
        Ok(Err(error)) => fail(store, &job, &error.to_string(), error.retryable()).await,
        Err(panic) => fail(store, &job, &format!("delivery panicked: {panic}"), true).await,
    }
}

async fn fail(store: &Store, job: &OutboxJob, error: &str, retry: bool) -> Result<(), StoreError> {
    let wait = send::backoff(job.attempts, rand::random::<f64>()).filter(|_| retry);
    DeliveryFailed { channel: &job.channel, key: &job.key, error, retry_in: wait }.emit();
    match wait {
        Some(wait) => store.outbox_retry(job.id, now().plus(wait), error).await,
        None => store.outbox_dead(job.id, error).await,
    }
}

fn now() -> WallTime {
    WallTime::from(Utc::now())
}
