//! The heartbeat of the daemon: one tick a minute from tokio-cron-scheduler, in UTC, and
//! nothing else. What a tick means is decided from the database by whoever receives it;
//! the scheduler's own zones, overlaps and memory are not used (it freezes a zone to the
//! offset of the day it was started: its issue #107).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

/// Between two ticks.
const LONGEST: Duration = Duration::from_secs(90);

/// Ticks until it is dropped. Ticks that nobody waits for collapse into one.
pub struct Heartbeat {
    tick: Arc<Notify>,
    scheduler: JobScheduler,
}

impl Heartbeat {
    /// Starts ticking at second 0 of every minute; the first tick comes at once.
    ///
    /// # Errors
    /// When the scheduler cannot be started.
    pub async fn start() -> Result<Self, JobSchedulerError> {
        let tick = Arc::new(Notify::new());
        let scheduler = JobScheduler::new().await?;
        let notify = Arc::clone(&tick);
        let job = Job::new_async("0 * * * * *", move |_, _| {
            let notify = Arc::clone(&notify);
            Box::pin(async move { notify.notify_one() })
        })?;
        scheduler.add(job).await?;
        scheduler.start().await?;
        tick.notify_one();
        Ok(Self { tick, scheduler })
    }

    /// Waits for the next tick. The scheduler waits for a minute of the clock on the wall,
    /// and for an hour if that is set back by one: then a plain timer goes on.
    pub async fn tick(&self) {
        let _ = tokio::time::timeout(LONGEST, self.tick.notified()).await;
    }

    /// Stops ticking.
    ///
    /// # Errors
    /// When the scheduler was already gone.
    pub async fn stop(mut self) -> Result<(), JobSchedulerError> {
        self.scheduler.shutdown().await
    }
}
