//! Between the connections and the store: what became of each mail goes in, what to send
//! next comes out. Connections that report at the same time share a transaction.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::app::{App, Clock, Error, bounces, off_thread};
use crate::model::{Decision, Delivery, Outcome};
use crate::outbox::suppression;
use crate::store::{self, Store};

/// While the disk is full or the database in another's hands, what was sent is not
/// forgotten for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a claimed delivery.
pub(super) enum Settled {
    /// It was not tried after all.
    Released(i64),
    /// Nobody was there to take it, and why.
    NotTaken(i64, String),
    Tried(Box<Delivery>, Outcome, Decision),
}

/// A connection's way to the recorder.
#[derive(Clone)]
pub(super) struct Recorder(mpsc::Sender<Request>);

pub(super) struct Request {
    settled: Option<Settled>,
    wants_another: bool,
    answer: oneshot::Sender<Option<Delivery>>,
}

impl Recorder {
    /// A way for so many connections, and where their requests arrive.
    pub(super) fn open(connections: usize) -> (Self, mpsc::Receiver<Request>) {
        let (sender, requests) = mpsc::channel(connections);
        (Self(sender), requests)
    }

    /// Records what became of one delivery and asks for the next.
    pub(super) async fn record(
        &self,
        settled: Option<Settled>,
        wants_another: bool,
    ) -> Result<Option<Delivery>, Error> {
        if settled.is_none() && !wants_another {
            return Ok(None);
        }
        let (answer, next) = oneshot::channel();
        let request = Request { settled, wants_another, answer };
        self.0.send(request).await.map_err(|_| Error::Interrupted)?;
        next.await.map_err(|_| Error::Interrupted)
    }
}

/// What writes the requests down.
pub(super) struct Recording {
    pub(super) app: App,
    pub(super) clock: Clock,
    /// What is due by then, if not now.
    pub(super) cutoff: Option<DateTime<Utc>>,
}

impl Recording {
    /// Writes down what the connections report and hands out what they do next: whatever
    /// has come in meanwhile shares a transaction, and with it the wait for the disk. On a
    /// thread of its own, since it does nothing but wait for one or the other.
    pub(super) async fn run(self, requests: mpsc::Receiver<Request>) -> Result<(), Error> {
        off_thread(move || self.run_here(requests)).await?
    }

    fn run_here(self, mut requests: mpsc::Receiver<Request>) -> Result<(), Error> {
        while let Some(first) = requests.blocking_recv() {
            let mut batch = vec![first];
            batch.extend(std::iter::from_fn(|| requests.try_recv().ok()));
            let next = self.write(&batch)?;
            for (request, delivery) in batch.into_iter().zip(next) {
                // A connection that is gone leaves its delivery as a dead process would.
                let _ = request.answer.send(delivery);
            }
        }
        Ok(())
    }

    fn write(&self, batch: &[Request]) -> Result<Vec<Option<Delivery>>, Error> {
        let has_left = batch.iter().any(|request| request.settled.is_some());
        let started = Instant::now();
        loop {
            let now = self.clock.now();
            let due = self.cutoff.unwrap_or(now);
            let written = self.app.db.here(|store| {
                batch
                    .iter()
                    .filter_map(|request| request.settled.as_ref())
                    .try_for_each(|s| settle(store, s, now, due))?;
                batch
                    .iter()
                    .map(|request| if request.wants_another { store.claim(due) } else { Ok(None) })
                    .collect::<Result<_, _>>()
            });
            match written {
                // A mail has left, and forgetting that would send it twice.
                Err(e @ (store::Error::Busy | store::Error::Full))
                    if has_left && started.elapsed() < PATIENCE =>
                {
                    tracing::error!("cannot record what was sent, trying again: {e}");
                    std::thread::sleep(Duration::from_secs(1));
                }
                written => return Ok(written?),
            }
        }
    }
}

/// `due` is when a delivery must be due to have its turn in this round.
fn settle(
    store: &Store,
    settled: &Settled,
    now: DateTime<Utc>,
    due: DateTime<Utc>,
) -> Result<(), store::Error> {
    match settled {
        Settled::Released(id) => store.release(*id, now),
        Settled::NotTaken(id, why) => store.release_after(*id, why, now, due),
        Settled::Tried(delivery, outcome, decision) => {
            store.settle_delivery(delivery.id, outcome, *decision, now)?;
            if *decision == Decision::Delivered {
                store.clear_held_rejections()?;
                store.end_relay_outage()?;
            } else if let Some(kind) =
                // What is held has not been decided yet.
                suppression::bounce(outcome, *decision)
                    .filter(|_| *decision == Decision::GiveUp)
            {
                let (address, why) = (delivery.to.address.as_str(), outcome.diagnostic().to_string());
                if !store.is_forgotten(address)? {
                    bounces::record_bounce(store, address, kind, &why, now)?;
                }
            }
            Ok(())
        }
    }
}
