//! A channel that keeps what it is given and fails when told to. For tests of whoever delivers.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use super::{Failure, Message};

/// Cloning shares what was delivered.
#[derive(Clone, Debug)]
pub struct Memory {
    name: String,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Debug, Default)]
struct Inner {
    delivered: Vec<Message>,
    /// For each of the next deliveries: fails, and whether it may be tried again.
    failures: VecDeque<bool>,
}

impl Memory {
    /// An empty channel of that name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), inner: Arc::default() }
    }

    /// Name in the settings.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Makes one more of the coming deliveries fail.
    pub fn fail_next(&self, retryable: bool) {
        self.lock().failures.push_back(retryable);
    }

    /// What was delivered, in order.
    pub fn delivered(&self) -> Vec<Message> {
        self.lock().delivered.clone()
    }

    pub(super) fn take(&self, message: &Message) -> Result<(), Failure> {
        let mut inner = self.lock();
        match inner.failures.pop_front() {
            Some(true) => Err(Failure::passing("told to fail")),
            Some(false) => Err(Failure::lasting("told to fail for good")),
            None => {
                inner.delivered.push(message.clone());
                Ok(())
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
