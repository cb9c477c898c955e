//! Between the connections and the store: what became of each mail goes in, what to send
//! next comes out. Connections that report at the same time share a transaction.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::app::mailboxes::{self, Blow};
use crate::app::{App, Clock, Error};
use crate::model::{Delivery, Outcome, Verdict};
use crate::store::{self, Store};

/// While the disk is full or the database in another's hands, what was sent is not
/// forgotten for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a claimed delivery.
#[derive(Clone)]
pub(super) enum Settled {
    /// Nobody was there to take it, and why.
    PutBack(i64, String),
    Tried(Box<Delivery>, Outcome, Verdict),
}

/// A connection's way to the ledger.
#[derive(Clone)]
pub(super) struct Ledger(mpsc::Sender<Ask>);

pub(super) struct Ask {
    settled: Option<Settled>,
    wants_another: bool,
    answer: oneshot::Sender<Option<Delivery>>,
}

impl Ledger {
    /// A way for so many connections, and its end, for the keeper.
    pub(super) fn open(connections: usize) -> (Self, mpsc::Receiver<Ask>) {
        let (ask, asked) = mpsc::channel(connections);
        (Self(ask), asked)
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
        let ask = Ask { settled, wants_another, answer };
        self.0.send(ask).await.map_err(|_| Error::Interrupted)?;
        next.await.map_err(|_| Error::Interrupted)
    }
}

/// Who writes it.
pub(super) struct Keeper {
    pub(super) app: App,
    pub(super) clock: Clock,
    /// What is due by then, if not now.
    pub(super) cutoff: Option<DateTime<Utc>>,
}

impl Keeper {
    /// Writes down what the connections report and hands out what they do next: whatever
    /// has come in meanwhile shares a transaction, and with it the wait for the disk.
    pub(super) async fn keep(self, mut asked: mpsc::Receiver<Ask>) -> Result<(), Error> {
        while let Some(first) = asked.recv().await {
            let mut asks = vec![first];
            asks.extend(std::iter::from_fn(|| asked.try_recv().ok()));
            let work: Vec<_> = asks.iter().map(|a| (a.settled.clone(), a.wants_another)).collect();
            let next = self.write(work).await?;
            for (ask, delivery) in asks.into_iter().zip(next) {
                // A connection that is gone leaves its delivery as a dead process would.
                let _ = ask.answer.send(delivery);
            }
        }
        Ok(())
    }

    async fn write(&self, work: Vec<(Option<Settled>, bool)>) -> Result<Vec<Option<Delivery>>, Error> {
        let work = Arc::new(work);
        let has_left = work.iter().any(|(settled, _)| settled.is_some());
        let started = Instant::now();
        loop {
            let now = self.clock.now();
            let due = self.cutoff.unwrap_or(now);
            let batch = Arc::clone(&work);
            let written = self.app.db.call(move |store| {
                batch.iter().try_for_each(|(settled, _)| {
                    settled.as_ref().map_or(Ok(()), |settled| settle(store, settled, now))
                })?;
                batch.iter().map(|(_, wants)| if *wants { store.claim(due) } else { Ok(None) }).collect()
            });
            match written.await {
                // A mail has left, and forgetting that would send it twice.
                Err(e @ (store::Error::Busy | store::Error::Full))
                    if has_left && started.elapsed() < PATIENCE =>
                {
                    tracing::error!("cannot record what was sent, trying again: {e}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                written => return Ok(written?),
            }
        }
    }
}

fn settle(store: &Store, settled: &Settled, now: DateTime<Utc>) -> Result<(), store::Error> {
    match settled {
        Settled::PutBack(id, why) => store.put_back(*id, why, now),
        Settled::Tried(delivery, outcome, verdict) => {
            store.settle_delivery(delivery.id, outcome, *verdict, now)?;
            let address = delivery.to.address.as_str();
            match (outcome, verdict) {
                (Outcome::Delivered(_), _) => {
                    store.trust()?;
                    store.move_on()
                }
                (Outcome::Deferred(reply), Verdict::GivenUp) => {
                    mailboxes::strike(store, address, Blow::Soft, reply, now).map(drop)
                }
                _ => Ok(()),
            }
        }
    }
}
