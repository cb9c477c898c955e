//! How far a job is, for whoever watches a terminal meanwhile.

use std::sync::Arc;

/// What a job has done so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Feeds that were asked.
    Polled { done: usize, of: usize },
    /// Questions that the editor was asked.
    Written { done: usize, of: usize },
    /// Mails of which is known what became of them.
    Sent { done: usize, of: usize },
}

/// Who is told; by default nobody.
#[derive(Clone, Default)]
pub struct Progress(Option<Arc<dyn Fn(Step) + Send + Sync>>);

impl Progress {
    /// Has this be told.
    pub fn told(listener: impl Fn(Step) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    pub(super) fn at(&self, step: Step) {
        if let Some(listener) = &self.0 {
            listener(step);
        }
    }
}
