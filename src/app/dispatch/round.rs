//! One round of sending: claim, send, record; and when nothing is left, the review.
//!
//! Each connection is a worker: it connects, claims a delivery, sends it, reports what became
//! of it and claims the next. A server that takes fewer connections than are configured gets as
//! many as it takes: a worker that is turned away ends, and the others go on. When the last
//! one is turned away, the round pauses and goes on with fewer; when that comes to nothing, it is a
//! relay outage.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::rate_limit::RateLimit;
use super::recorder::{Recorder, Recording, Settled};
use super::report::{self, Attempt, Report};
use super::retry_policy;
use crate::app::progress::Step;
use crate::app::{App, Clock, Error, bounces, jitter};
use crate::config::Transport;
use crate::deliver::dkim::Signer;
use crate::deliver::message::{Addressing, MessageTemplate, Origin};
use crate::deliver::{Envelope, RelayError, Session};
use crate::model::{Decision, Delivery, Diagnostic, Outcome, OutcomeKind, RejectionKind};
use crate::outbox::policy::{self, History};
use crate::outbox::review::{self, Begun, HeldRejection, RoundLog, Since};
use crate::outbox::{backoff, suppression};
use crate::store;

/// Mails that one connection carries before another is worth its opening.
const WORTH_A_CONNECTION: usize = 20;
/// Before a server that took connections in this round, and now takes none, is asked again. Many
/// count a connection for a moment after it was closed.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

/// What all connections of a round share.
pub(super) struct Round {
    app: App,
    clock: Clock,
    /// A person's run tries each delivery once: what is put off meanwhile is not due by
    /// then. The daemon takes what comes due while it is at it.
    cutoff: Option<DateTime<Utc>>,
    signers: Arc<[Signer]>,
    rate_limit: RateLimit,
    /// Each edition is encoded once.
    templates: tokio::sync::Mutex<HashMap<i64, Arc<MessageTemplate>>>,
    /// Held while connecting: one after the other, it shows how many a server takes.
    connecting: tokio::sync::Mutex<()>,
    /// Raised to end the round.
    stop: watch::Receiver<bool>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    report: Report,
    log: RoundLog,
    outage: Option<RelayError>,
    /// Mails that were tried, and that were due at the beginning: for whoever watches.
    tried: usize,
    due: usize,
    /// Why the last connection was turned away that was not missed.
    refusal: Option<RelayError>,
    relay: RelayLoad,
}

/// How many connections the server takes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct RelayLoad {
    /// Of workers that have one, or had one and are opening the next.
    connections: usize,
    /// How many the server is known to take at once.
    most: usize,
    /// Whether the last mail was ended by the server with 421.
    last_was_421: bool,
}

/// What to do about a connection that the server turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TurnedAway {
    /// Others are open: do without this one.
    Shrink,
    /// It was the only one.
    Outage,
}

impl RelayLoad {
    fn opened(&mut self) {
        self.connections += 1;
        self.most = self.most.max(self.connections);
    }

    fn closed(&mut self) {
        self.connections = self.connections.saturating_sub(1);
    }

    /// A connection could not be opened, or was closed before it carried anything, and is no
    /// longer among [`RelayLoad::connections`].
    fn turned_away(self) -> TurnedAway {
        if self.connections > 0 { TurnedAway::Shrink } else { TurnedAway::Outage }
    }

    /// With how many connections to go on after a pause: as many as worked; fewer, if none did.
    fn after_pause(&mut self, is_getting_on: bool) -> usize {
        if !is_getting_on {
            self.most = (self.most / 2).max(1);
        }
        self.most
    }

    /// A mail was tried. Says whether the server wants fewer connections: it has ended two
    /// conversations in a row; one may have been about its recipient.
    fn observe(&mut self, was_421: bool) -> bool {
        let again = was_421 && self.last_was_421;
        self.last_was_421 = was_421 && !again;
        again
    }
}

/// A worker's connection.
#[derive(Default)]
struct Connection {
    session: Option<Session>,
    /// Whether it is among [`RelayLoad::connections`].
    is_counted: bool,
}

impl Round {
    pub(super) fn new(
        app: &App,
        clock: &Clock,
        cutoff: Option<DateTime<Utc>>,
        stop: &watch::Receiver<bool>,
    ) -> Result<Self, Error> {
        Ok(Self {
            app: app.clone(),
            clock: clock.clone(),
            cutoff,
            signers: app.signers()?,
            rate_limit: RateLimit::new(app.config.mail.max_per_minute),
            templates: tokio::sync::Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
            stop: stop.clone(),
            state: Mutex::default(),
        })
    }

    pub(super) async fn run(self: Arc<Self>, due: usize) -> Result<Report, Error> {
        let most = match &self.app.config.transport {
            Transport::Smtp(smtp) => smtp.connections,
            Transport::Folder(_) | Transport::Sendmail(_) => 1,
        };
        self.state(|s| s.due = due);
        self.app.progress.at(Step::Sent { done: 0, of: due });
        let mut workers = due.div_ceil(WORTH_A_CONNECTION).clamp(1, most);
        let (recorder, requests) = Recorder::open(most);
        let recording = Recording { app: self.app.clone(), clock: self.clock.clone(), cutoff: self.cutoff };
        let recording = tokio::spawn(recording.run(requests));
        let mut worked = Ok(());
        let mut pauses = PAUSES.into_iter();
        loop {
            let before = self.state(|s| s.report.delivered);
            let mut connections = JoinSet::new();
            for _ in 0..workers {
                connections.spawn(Arc::clone(&self).work(recorder.clone()));
            }
            while let Some(ended) = connections.join_next().await {
                worked = worked.and(ended.unwrap_or(Err(Error::Interrupted)));
            }
            if worked.is_err() || *self.stop.borrow() {
                break;
            }
            if !self.has_more().await? {
                // A connection was turned away that nobody needed any more.
                self.state(|s| s.outage = None);
                break;
            }
            let is_getting_on = self.state(|s| s.report.delivered) > before;
            if is_getting_on {
                pauses = PAUSES.into_iter();
            }
            match self.state(|s| s.may_pause()).then(|| pauses.next()).flatten() {
                Some(pause) => workers = self.pause(pause, is_getting_on).await,
                None => {
                    self.state(|s| s.outage = s.outage.take().or(s.refusal.take()));
                    break;
                }
            }
        }
        drop(recorder);
        // The recorder knows why the others had to stop.
        let ended = recording.await.unwrap_or(Err(Error::Interrupted)).and(worked);
        let report = self.finish(*self.stop.borrow() || ended.is_err()).await;
        ended.and(report)
    }

    /// Waits until the server may take connections again. Says how many to try then.
    async fn pause(&self, pause: Duration, is_getting_on: bool) -> usize {
        let (workers, why) = self.state(|s| {
            let why = s.outage.take().or_else(|| s.refusal.take());
            (s.relay.after_pause(is_getting_on), why)
        });
        if let Some(why) = why {
            tracing::info!(seconds = pause.as_secs(), connections = workers, "trying again soon: {why}");
            self.state(|s| s.refusal = Some(why));
        }
        let mut stop = self.stop.clone();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            // An error means that nobody is left to raise it.
            _ = stop.wait_for(|raised| *raised) => {}
        }
        workers
    }

    /// Whether another delivery may be taken up.
    fn goes_on(&self) -> bool {
        !*self.stop.borrow() && self.state(|s| s.outage.is_none())
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One connection's work: a delivery, and the next.
    async fn work(self: Arc<Self>, recorder: Recorder) -> Result<(), Error> {
        let mut connection = Connection::default();
        let worked = self.work_over(&mut connection, &recorder).await;
        self.no_longer_counts(&mut connection);
        if let Some(session) = connection.session {
            session.close().await;
        }
        worked
    }

    async fn work_over(&self, connection: &mut Connection, recorder: &Recorder) -> Result<(), Error> {
        let mut settled = None;
        loop {
            if self.rate_limit.is_limited() || connection.is_missing() {
                // What is done is recorded before anybody waits.
                recorder.record(settled.take(), false).await?;
                if !self.goes_on() || !self.has_more().await? {
                    return Ok(());
                }
                self.rate_limit.turn(&self.stop).await;
                match self.open(connection).await {
                    Ok(true) => {}
                    Ok(false) => return Ok(()),
                    Err(e) => {
                        self.turned_away(connection, e);
                        return Ok(());
                    }
                }
            }
            let Some(delivery) = recorder.record(settled.take(), self.goes_on()).await? else {
                return Ok(());
            };
            let (result, ends) = self.deliver(connection, delivery).await;
            if ends {
                recorder.record(Some(result), false).await?;
                return Ok(());
            }
            settled = Some(result);
        }
    }

    /// Whether there is anything to do.
    async fn has_more(&self) -> Result<bool, Error> {
        let due = self.cutoff.unwrap_or_else(|| self.clock.now());
        Ok(self.app.db.call(move |store| store.due(due)).await? > 0)
    }

    /// Opens the connection if it is not open. False when the round has ended meanwhile.
    async fn open(&self, connection: &mut Connection) -> Result<bool, RelayError> {
        if !connection.is_missing() {
            return Ok(true);
        }
        if let Some(session) = connection.session.take() {
            session.close().await;
        }
        // A renewed one replaces one that the server took.
        let _one_at_a_time = match connection.is_counted {
            true => None,
            false => Some(self.connecting.lock().await),
        };
        // Of a wrong password, the first worker knows enough.
        if !self.goes_on() {
            return Ok(false);
        }
        let mut stop = self.stop.clone();
        let session = tokio::select! {
            session = self.session(connection.is_counted) => session?,
            // An error means that nobody is left to raise it.
            Ok(_) = stop.wait_for(|raised| *raised) => return Ok(false),
            // The other connections were quicker.
            () = self.nothing_left() => return Ok(false),
        };
        connection.session = Some(session);
        if !connection.is_counted {
            connection.is_counted = true;
            self.state(|s| s.relay.opened());
        }
        Ok(true)
    }

    /// Ends when there is nothing left to connect for.
    async fn nothing_left(&self) {
        loop {
            tokio::time::sleep(Duration::from_secs(1)).await;
            if !self.goes_on() || !self.has_more().await.unwrap_or(true) {
                return;
            }
        }
    }

    fn no_longer_counts(&self, connection: &mut Connection) {
        if std::mem::take(&mut connection.is_counted) {
            self.state(|s| s.relay.closed());
        }
    }

    /// Connects. Whoever had a connection and renews it asks once more: the server may not have
    /// noticed yet that the last one is closed.
    async fn session(&self, is_renewed: bool) -> Result<Session, RelayError> {
        match self.app.courier().await {
            Ok(courier) => match courier.connect().await {
                Err(_) if is_renewed => {
                    tokio::time::sleep(PAUSES[0]).await;
                    courier.connect().await
                }
                connected => connected,
            },
            // Whatever fails on our side, no mail has left.
            Err(e @ Error::Store(_)) => Err(RelayError::Transient(e.to_string())),
            Err(e) => Err(RelayError::Permanent(e.to_string())),
        }
    }

    /// The server does not want this connection.
    fn turned_away(&self, connection: &mut Connection, why: RelayError) {
        self.no_longer_counts(connection);
        self.state(|s| match s.relay.turned_away() {
            TurnedAway::Shrink => {
                tracing::info!(
                    connections = s.relay.connections,
                    "the server takes no more connections: {why}"
                );
                s.refusal = Some(why);
            }
            TurnedAway::Outage => s.outage = s.outage.take().or(Some(why)),
        });
    }

    /// Tries one delivery. Says also whether the worker has to end.
    async fn deliver(&self, connection: &mut Connection, delivery: Delivery) -> (Settled, bool) {
        let begun = match self.state(|s| s.log.begin(&delivery)) {
            Begun::Send(step) => step,
            Begun::Rejected(held) => {
                let outcome = held.outcome();
                self.report(&delivery, &outcome, Decision::Rejected);
                return (Settled::Tried(Box::new(delivery), outcome, Decision::Rejected), false);
            }
        };
        match self.attempt(connection, &delivery).await {
            Ok(Some(outcome)) => {
                let decision = self.observe(&delivery, &outcome, begun);
                let ends = self.after(connection, &outcome);
                (Settled::Tried(Box::new(delivery), outcome, decision), ends)
            }
            Ok(None) => (Settled::Released(delivery.id), true),
            // It says nothing about this recipient, who is tried again like the others.
            Err(e) => {
                if connection.session.is_none() || matches!(e, RelayError::Transient(_)) {
                    let why = e.to_string();
                    self.turned_away(connection, e);
                    if self.state(|s| s.outage.is_none()) {
                        return (Settled::Released(delivery.id), true);
                    }
                    return (Settled::NotTaken(delivery.id, why), true);
                }
                let why = e.to_string();
                self.state(|s| s.outage = s.outage.take().or(Some(e)));
                (Settled::NotTaken(delivery.id, why), true)
            }
        }
    }

    /// Whether a worker has to end after this outcome.
    fn after(&self, connection: &mut Connection, outcome: &Outcome) -> bool {
        let is_unwelcome = self.state(|s| s.relay.observe(is_421(outcome)));
        if is_unwelcome {
            self.turned_away(connection, RelayError::Transient(outcome.diagnostic().to_string()));
        }
        is_unwelcome
    }

    /// Sends one message. None when the round ended before it was begun.
    async fn attempt(
        &self,
        connection: &mut Connection,
        delivery: &Delivery,
    ) -> Result<Option<Outcome>, RelayError> {
        let template = match self.template(delivery.edition).await {
            Ok(template) => template,
            Err(e @ Error::Store(_)) => return Err(RelayError::Transient(e.to_string())),
            Err(e) => return Err(RelayError::Permanent(e.to_string())),
        };
        let token = delivery.token.as_deref().unwrap_or_default();
        let page = self.app.config.leave_page(token).filter(|_| delivery.token.is_some());
        let message = template.message_for(&Addressing {
            to: &delivery.to,
            format: delivery.format,
            message_id: &delivery.message_id,
            token,
            page: page.as_deref(),
        });
        let message = match message {
            Ok(message) => message,
            Err(e) => {
                let why = Diagnostic::Local(e.to_string());
                return Ok(Some(Outcome::Rejected(RejectionKind::Message, why)));
            }
        };
        let from = self.app.config.mail.envelope_sender(delivery.bounce.as_deref());
        let envelope = Envelope { from, to: delivery.to.address.clone() };
        let mut was_broken = false;
        loop {
            if !self.open(connection).await? {
                return Ok(None);
            }
            let Some(session) = &mut connection.session else { return Ok(None) };
            match session.send(&envelope, &message).await {
                // A server may end a conversation that it finds long enough.
                Err(RelayError::Transient(_)) if session.was_used() && session.is_over() => {}
                // One broken line is no outage.
                Err(RelayError::Transient(_))
                    if session.is_broken() && !std::mem::replace(&mut was_broken, true) => {}
                Ok(outcome) if is_421(&outcome) && session.was_used() => {}
                ended => return ended.map(Some),
            }
        }
    }

    async fn template(&self, edition: i64) -> Result<Arc<MessageTemplate>, Error> {
        let mut templates = self.templates.lock().await;
        if let Some(template) = templates.get(&edition) {
            return Ok(Arc::clone(template));
        }
        let read = self
            .app
            .db
            .call(move |store| Ok::<_, store::Error>((store.edition(edition)?, store.book(edition)?)));
        let (published, book) = read.await?;
        let published =
            published.ok_or_else(|| Error::Setup(format!("edition {edition} is not in the database")))?;
        let config = Arc::clone(&self.app.config);
        let origin = Origin {
            from: &config.mail.from,
            reply_to: config.mail.reply_to.as_ref(),
            digest: &published.digest,
            title: &published.title,
            unsubscribe: config.answers(),
            date: published.published,
            signers: &self.signers,
        };
        let template = MessageTemplate::new(&origin, &published.frozen, book.as_ref())
            .map_err(|e| Error::Setup(e.to_string()))?;
        let template = Arc::new(template);
        templates.insert(edition, Arc::clone(&template));
        Ok(template)
    }

    /// Decides about an attempt and reports it; what is held is reported when it is reviewed.
    fn observe(&self, delivery: &Delivery, outcome: &Outcome, begun: u64) -> Decision {
        self.state(|s| s.log.observe(delivery, outcome, begun));
        if review::must_hold(outcome) {
            // Until the end of the round, and beyond it if that never comes.
            return review::retry_at(delivery.attempts + 1, self.clock.now(), jitter());
        }
        let history = History {
            attempts: delivery.attempts + 1,
            unknown_attempts: delivery.unknown_attempts,
            retry_from: delivery.retry_from,
        };
        let decision = policy::decide(outcome, history, self.clock.now(), retry_policy(&self.app), jitter());
        self.report(delivery, outcome, decision);
        decision
    }

    fn report(&self, delivery: &Delivery, outcome: &Outcome, decision: Decision) {
        report::log(delivery, outcome, decision);
        let (done, of) = self.state(|s| {
            s.report.add(Attempt::new(delivery, outcome, decision));
            s.tried += 1;
            (s.tried, s.due.max(s.tried))
        });
        self.app.progress.at(Step::Sent { done, of });
    }

    /// Reviews the held rejections, and records an outage.
    async fn finish(&self, stopped: bool) -> Result<Report, Error> {
        let now = self.clock.now();
        let (mut outage, log) = self.state(|s| (s.outage.take(), std::mem::take(&mut s.log)));
        let mut reviewed = log.finish();
        if !reviewed.open.is_empty() {
            let since = self.rejected_since(&reviewed.open).await?;
            let was_cut_short = outage.is_some() || stopped;
            let decided = reviewed.decide(since, was_cut_short, now, retry_policy(&self.app));
            reviewed.confirmed.extend(decided.rejected);
            for held in &decided.retried {
                let again = review::retry_at(held.delivery.attempts + 1, now, jitter());
                self.report(&held.delivery, &held.outcome(), again);
            }
            if let Some(why) = decided.outage {
                // What an administrator has to put right costs no delivery its time.
                outage = Some(RelayError::Permanent(outage.map_or(why, |outage| outage.to_string())));
            }
        }
        self.reject(reviewed.confirmed, now).await?;
        if let Some(outage) = outage {
            self.record_outage(outage, now).await?;
        }
        Ok(self.state(|s| std::mem::take(&mut s.report)))
    }

    async fn rejected_since(&self, open: &[HeldRejection]) -> Result<Since, Error> {
        let rejected: Vec<(String, bool)> = open
            .iter()
            .map(|held| (held.delivery.to.address.to_string(), held.kind == RejectionKind::Policy))
            .collect();
        let queued = open.iter().map(|held| held.delivery.retry_from).max().unwrap_or_default();
        let since = self.app.db.call(move |store| {
            for (address, is_policy) in &rejected {
                store.hold_rejection(address, *is_policy)?;
            }
            let first = rejected.first().map_or("", |(address, _)| address.as_str());
            let (mailboxes, policies) = store.held_rejections()?;
            let others_got_mail = store.others_got_mail_since(first, queued)?;
            Ok::<_, store::Error>(Since { mailboxes, policies, others_got_mail })
        });
        Ok(since.await?)
    }

    /// These rejections are about their recipients.
    async fn reject(&self, confirmed: Vec<HeldRejection>, now: DateTime<Utc>) -> Result<(), Error> {
        for held in confirmed {
            let outcome = held.outcome();
            let (id, attempts) = (held.delivery.id, held.delivery.attempts + 1);
            let address = held.delivery.to.address.to_string();
            let bounce = suppression::bounce(&outcome, Decision::Rejected);
            let why = held.diagnostic.to_string();
            let rejected = self.app.db.call(move |store| {
                if !store.reject(id, attempts, now)? {
                    return Ok(false);
                }
                if let Some(kind) = bounce {
                    bounces::record_bounce(store, &address, kind, &why, now)?;
                }
                Ok::<_, store::Error>(true)
            });
            if rejected.await? {
                self.report(&held.delivery, &outcome, Decision::Rejected);
            }
        }
        Ok(())
    }

    /// Nobody takes our mails: everybody waits, and what may pass is not waited for longer
    /// than `retry_for`. What an administrator has to put right costs no delivery.
    async fn record_outage(&self, outage: RelayError, now: DateTime<Utc>) -> Result<(), Error> {
        let retry_for = retry_policy(&self.app).retry_for;
        let jitter = jitter();
        let (why, is_permanent) = (outage.to_string(), matches!(outage, RelayError::Permanent(_)));
        let given_up = self.app.db.call(move |store| {
            let outage = store.record_relay_outage(&why, now)?;
            let late = if is_permanent {
                store.restart_retry_window(now)?;
                Vec::new()
            } else if backoff::is_tried_enough(outage.failures) {
                store.give_up(now - retry_for, &why, now)?
            } else {
                Vec::new()
            };
            store.postpone(now + backoff::wait(outage.failures, jitter))?;
            Ok::<_, store::Error>(late)
        });
        let why = outage.to_string();
        for late in given_up.await? {
            tracing::error!(delivery = late.id, "given up: tried for as long as `retry_for` says");
            let attempt =
                Attempt { to: late.address, outcome: OutcomeKind::GivenUp, reply: why.clone(), next: None };
            self.state(|s| s.report.attempts.push(attempt));
        }
        tracing::error!("cannot send: {why}");
        self.state(|s| s.report.outage = Some(why));
        Ok(())
    }
}

impl State {
    /// Whether the round may go on after a pause: the server took a mail in it, or several
    /// connections and what it says may pass. Some say 554 when they mean "not so many at once".
    fn may_pause(&self) -> bool {
        let is_permanent = matches!(self.outage, Some(RelayError::Permanent(_)));
        self.report.delivered > 0 || (self.relay.most > 1 && !is_permanent)
    }
}

impl Connection {
    fn is_missing(&self) -> bool {
        self.session.as_ref().is_none_or(Session::is_over)
    }
}

/// Whether the server has ended the conversation (RFC 5321 3.8).
fn is_421(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Deferred(diagnostic) if diagnostic.code() == Some(421))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_takes_fewer_connections_gets_fewer() {
        let load = |connections| RelayLoad { connections, ..RelayLoad::default() };
        assert_eq!(load(1).turned_away(), TurnedAway::Shrink);
        assert_eq!(load(0).turned_away(), TurnedAway::Outage, "it was the only one");
    }

    #[test]
    fn after_a_pause_as_many_connections_are_tried_as_worked_and_fewer_if_none_did() {
        let mut load = RelayLoad::default();
        (0..4).for_each(|_| load.opened());
        load.closed();
        assert_eq!(load.clone().after_pause(true), 4);
        assert_eq!((load.after_pause(false), load.after_pause(false)), (2, 1));
    }

    #[test]
    fn one_conversation_that_ends_may_be_about_its_recipient_and_two_are_not() {
        let mut load = RelayLoad { connections: 4, ..RelayLoad::default() };
        let seen = [true, false, true, true, true].map(|was_421| load.observe(was_421));
        assert_eq!(seen, [false, false, false, true, false], "and it is counted anew for those left");
    }

    #[test]
    fn only_421_ends_a_conversation() {
        let deferred = |code| Outcome::Deferred(crate::model::Reply::new(code, "").into());
        assert!(is_421(&deferred(421)));
        assert!(!is_421(&deferred(450)));
        assert!(!is_421(&Outcome::Deferred(Diagnostic::Local("421 in a word".into()))));
    }
}
