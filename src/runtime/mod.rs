//! The moving parts that join the stages: queues, threads, tasks. Decides nothing itself: what is
//! due, what is a violation and what becomes of a case is said by `detect`, `judge` and `resolve`.

pub mod cameras;
pub mod events;
pub mod evidence;
pub mod frames;
pub mod gate;
pub mod health;
pub mod inference;
pub mod jpeg;
pub mod judging;
pub mod outbox;
pub mod record;
pub mod shutdown;
