//! The outbox into mailboxes. A delivery is claimed in one transaction, sent with none
//! open, and settled in another; whatever happens in between, it is found again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use tokio::sync::watch;

use super::draft::draft;
use super::{App, Clock, Error, jitter};
use crate::config::Digest;
use crate::deliver::message::{self, Letter, Origin};
use crate::deliver::{Courier, Envelope, NoService, Session};
use crate::model::{Delivery, Format, Frozen, Mailbox, Outcome, Verdict};
use crate::outbox;
use crate::store::Lock;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The deliveries whose time has come.
    Due,
    /// Everything outstanding, whatever its back-off: a person is waiting.
    Now,
}

/// What a round of sending came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Dispatched {
    pub attempts: Vec<Attempt>,
    /// Why nobody was there to send to; what is left stays in the outbox.
    pub trouble: Option<String>,
    /// Deliveries that an earlier run was interrupted in; their mails may arrive twice,
    /// with the same Message-ID.
    pub interrupted: usize,
    /// Not settled at the end.
    pub outstanding: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub to: String,
    pub outcome: &'static str,
    /// What the server said, or what broke.
    pub reply: String,
    /// When it is tried again.
    pub next: Option<DateTime<Utc>>,
}

impl Dispatched {
    pub fn delivered(&self) -> usize {
        self.attempts.iter().filter(|a| a.outcome == "delivered").count()
    }

    /// Whether everybody who was to get a mail has it.
    pub fn is_clean(&self) -> bool {
        self.trouble.is_none() && self.delivered() == self.attempts.len()
    }
}

/// Sends what is to be sent. With `stop` raised, the mail in hand is finished and no other
/// begun.
///
/// # Errors
/// When the store fails, or the configuration's password is not to be had.
pub async fn dispatch(
    app: &App,
    when: When,
    clock: Clock,
    stop: &watch::Receiver<bool>,
) -> Result<Dispatched, Error> {
    let Some(_lock) = lock(app, when).await? else { return Ok(Dispatched::default()) };
    let now = clock.now();
    let interrupted = app.db.call(move |store| store.reclaim(now)).await?;
    if interrupted > 0 {
        tracing::warn!(
            deliveries = interrupted,
            "an earlier run ended while sending; these mails are sent again with the same Message-ID"
        );
    }
    let mut round = Round {
        app,
        clock,
        courier: None,
        session: None,
        letters: HashMap::new(),
        report: Dispatched { interrupted, ..Dispatched::default() },
    };
    let mut last = 0;
    while !*stop.borrow() {
        let now = clock.now();
        let claimed = app.db.call(move |store| store.claim(now, when == When::Now, last)).await?;
        let Some(delivery) = claimed else { break };
        last = delivery.id;
        if !round.deliver(&delivery).await? {
            break;
        }
    }
    if let Some(session) = round.session.take() {
        session.close().await;
    }
    let mut report = round.report;
    report.outstanding = app.db.call(|store| store.outstanding()).await?;
    Ok(report)
}

/// The right to send. A person waits for whoever has it; the daemon has another tick.
async fn lock(app: &App, when: When) -> Result<Option<Lock>, Error> {
    let mut said = false;
    loop {
        match Lock::try_take(&app.config.database)? {
            Some(lock) => return Ok(Some(lock)),
            None if when == When::Due => return Ok(None),
            None => {
                if !said {
                    tracing::warn!("another tidings is sending from this outbox; waiting for it");
                    said = true;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        }
    }
}

struct Round<'a> {
    app: &'a App,
    clock: Clock,
    courier: Option<Courier>,
    session: Option<Session>,
    /// Each edition is encoded once.
    letters: HashMap<i64, Arc<Letter>>,
    report: Dispatched,
}

impl Round<'_> {
    /// Tries one delivery; false when there is no use in trying others.
    async fn deliver(&mut self, delivery: &Delivery) -> Result<bool, Error> {
        let (outcome, trouble) = match self.attempt(delivery).await {
            Ok(outcome) => (outcome, None),
            // It says nothing about this recipient, who is tried again like the others.
            Err(Failure::NoService(NoService(why))) => (Outcome::Deferred(why.clone()), Some(why)),
            Err(Failure::Job(e)) => {
                self.settle(delivery, Outcome::Deferred(e.to_string())).await?;
                return Err(e);
            }
        };
        let verdict = self.settle(delivery, outcome).await?;
        let Some(why) = trouble else { return Ok(true) };
        if let Verdict::Deferred(until) = verdict {
            self.app.db.call(move |store| store.postpone(until)).await?;
        }
        tracing::error!("cannot send: {why}");
        self.report.trouble = Some(why);
        Ok(false)
    }

    async fn attempt(&mut self, delivery: &Delivery) -> Result<Outcome, Failure> {
        let letter = self.letter(delivery.edition).await?;
        let leave = delivery.token.as_deref().and_then(|token| self.app.config.leave_page(token));
        let message = match letter.copy(&delivery.to, delivery.format, &delivery.message_id, leave.as_deref())
        {
            Ok(message) => message,
            Err(e) => return Ok(Outcome::Rejected(e.to_string())),
        };
        let envelope =
            Envelope { from: self.app.config.mail.from.address.clone(), to: delivery.to.address.clone() };
        let session = match self.session.take().filter(|s| !s.is_over()) {
            Some(session) => session,
            None => self.courier()?.connect().await.map_err(Failure::NoService)?,
        };
        let session = self.session.insert(session);
        session.send(&envelope, &message).await.map_err(Failure::NoService)
    }

    fn courier(&mut self) -> Result<&Courier, Failure> {
        let courier = match self.courier.take() {
            Some(courier) => courier,
            None => self.app.courier().map_err(Failure::Job)?,
        };
        Ok(self.courier.insert(courier))
    }

    async fn letter(&mut self, edition: i64) -> Result<Arc<Letter>, Failure> {
        if let Some(letter) = self.letters.get(&edition) {
            return Ok(Arc::clone(letter));
        }
        let stored = self.app.db.call(move |store| store.edition(edition)).await;
        let issue = stored
            .map_err(|e| Failure::Job(e.into()))?
            .ok_or_else(|| Failure::Job(Error::Setup(format!("edition {edition} is not in the database"))))?;
        let mail = &self.app.config.mail;
        let unsubscribe = self.app.config.unsubscribe(&issue.digest);
        let origin = Origin {
            from: &mail.from,
            unsubscribe: &unsubscribe,
            reply_to: mail.reply_to.as_ref(),
            digest: &issue.digest,
            title: &issue.title,
            date: issue.published,
        };
        let letter =
            Letter::new(&origin, &issue.frozen).map_err(|e| Failure::Job(Error::Setup(e.to_string())))?;
        let letter = Arc::new(letter);
        self.letters.insert(edition, Arc::clone(&letter));
        Ok(letter)
    }

    async fn settle(&mut self, delivery: &Delivery, outcome: Outcome) -> Result<Verdict, Error> {
        let now = self.clock.now();
        let retry_for =
            chrono::Duration::from_std(self.app.config.mail.retry_for).unwrap_or(chrono::Duration::MAX);
        let verdict =
            outbox::verdict(&outcome, delivery.attempts + 1, delivery.queued, now, retry_for, jitter());
        let (id, recorded) = (delivery.id, outcome.clone());
        self.app.db.call(move |store| store.settle_delivery(id, &recorded, verdict, now)).await?;
        let (word, reply) = in_words(outcome);
        let word = if verdict == Verdict::GivenUp { "given up" } else { word };
        let to = delivery.to.address.masked();
        match verdict {
            Verdict::Delivered => tracing::info!(to, reply, "delivered"),
            Verdict::Rejected => tracing::warn!(to, reply, "rejected, not tried again"),
            Verdict::Deferred(until) => {
                tracing::warn!(to, reply, until = %until.format("%Y-%m-%dT%H:%MZ"), "not delivered yet");
            }
            Verdict::GivenUp => tracing::error!(to, reply, "given up: tried for as long as `retry_for` says"),
        }
        let next = if let Verdict::Deferred(until) = verdict { Some(until) } else { None };
        self.report.attempts.push(Attempt {
            to: delivery.to.address.to_string(),
            outcome: word,
            reply,
            next,
        });
        Ok(verdict)
    }
}

enum Failure {
    NoService(NoService),
    Job(Error),
}

/// One copy of an edition that is in no outbox, under a Message-ID of its own.
///
/// # Errors
/// When an address cannot stand in a mail.
pub fn copy(
    app: &App,
    digest: &Digest,
    content: &Frozen,
    to: &Mailbox,
    format: Format,
    now: DateTime<Utc>,
) -> Result<Vec<u8>, Error> {
    let mail = &app.config.mail;
    let unsubscribe = app.config.unsubscribe(&digest.id);
    let origin = Origin {
        from: &mail.from,
        unsubscribe: &unsubscribe,
        reply_to: mail.reply_to.as_ref(),
        digest: &digest.id,
        title: &digest.title,
        date: now,
    };
    let id = message::new_id(&mail.from.address).map_err(Error::Setup)?;
    // A copy that is in no outbox is a subscription of nobody: its link leads to "not found".
    let leave = app.config.leave_page(&message::random().map_err(Error::Setup)?);
    Letter::new(&origin, content)
        .and_then(|letter| letter.copy(to, format, &id, leave.as_deref()))
        .map_err(|e| Error::Setup(e.to_string()))
}

/// Sends the edition that the digest would have now to one address, and records nothing.
/// None when nothing is new.
///
/// # Errors
/// When nobody takes the mail.
pub async fn trial(app: &App, digest: &Digest, to: &Mailbox, clock: Clock) -> Result<Option<Attempt>, Error> {
    let now = clock.now().trunc_subsecs(0);
    let draft = draft(app, digest, now, Clock::Stopped(now)).await?;
    let Some(draft) = draft.filter(|draft| digest.send_empty || !draft.is_empty()) else { return Ok(None) };
    let message = copy(app, digest, &draft.frozen, to, Format::Html, now)?;
    let envelope = Envelope { from: app.config.mail.from.address.clone(), to: to.address.clone() };
    let no_service = |e: NoService| Error::Setup(e.0);
    let mut session = app.courier()?.connect().await.map_err(no_service)?;
    let outcome = session.send(&envelope, &message).await.map_err(no_service)?;
    session.close().await;
    let (outcome, reply) = in_words(outcome);
    Ok(Some(Attempt { to: to.address.to_string(), outcome, reply, next: None }))
}

fn in_words(outcome: Outcome) -> (&'static str, String) {
    match outcome {
        Outcome::Delivered(reply) => ("delivered", reply),
        Outcome::Deferred(reply) => ("deferred", reply),
        Outcome::Rejected(reply) => ("rejected", reply),
        Outcome::Unknown(reply) => ("unknown", reply),
    }
}
