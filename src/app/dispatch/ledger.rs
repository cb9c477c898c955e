//! Between the connections and the store: what became of each mail goes in, what to send
//! next comes out. Connections that report at the same time share a transaction.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::{mpsc, oneshot};

use crate::app::mailboxes::{self, Blow};
use crate::app::{App, Clock, Error, off_thread};
use crate::model::{Delivery, Enhanced, Outcome, Verdict};
use crate::store::{self, Store};

/// While the disk is full or the database in another's hands, what was sent is not
/// forgotten for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a claimed delivery.
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
    /// has come in meanwhile shares a transaction, and with it the wait for the disk. On a
    /// thread of its own, since it does nothing but wait for one or the other.
    pub(super) async fn keep(self, asked: mpsc::Receiver<Ask>) -> Result<(), Error> {
        off_thread(move || self.keep_here(asked)).await?
    }

    fn keep_here(self, mut asked: mpsc::Receiver<Ask>) -> Result<(), Error> {
        while let Some(first) = asked.blocking_recv() {
            let mut asks = vec![first];
            asks.extend(std::iter::from_fn(|| asked.try_recv().ok()));
            let next = self.write(&asks)?;
            for (ask, delivery) in asks.into_iter().zip(next) {
                // A connection that is gone leaves its delivery as a dead process would.
                let _ = ask.answer.send(delivery);
            }
        }
        Ok(())
    }

    fn write(&self, asks: &[Ask]) -> Result<Vec<Option<Delivery>>, Error> {
        let has_left = asks.iter().any(|ask| ask.settled.is_some());
        let started = Instant::now();
        loop {
            let now = self.clock.now();
            let due = self.cutoff.unwrap_or(now);
            let written = self.app.db.here(|store| {
                asks.iter().filter_map(|ask| ask.settled.as_ref()).try_for_each(|s| settle(store, s, now))?;
                asks.iter()
                    .map(|ask| if ask.wants_another { store.claim(due) } else { Ok(None) })
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
                // Of the mailbox (RFC 3463: x.2.x), not of the server's own trouble.
                (Outcome::Deferred(reply), Verdict::GivenUp)
                    if Enhanced::find(reply).is_some_and(|status| status.subject == 2) =>
                {
                    mailboxes::strike(store, address, Blow::Soft, reply, now).map(drop)
                }
                _ => Ok(()),
            }
        }
    }
}
