//! The outbox into mailboxes. A delivery is claimed in one transaction, sent with none
//! open, and settled in another; whatever happens in between, it is found again.
//!
//! Several connections work side by side, each with one mail in hand: between a server's
//! 250 and our record of it there is never more than one mail a connection. The `ledger`
//! writes down what they report and hands out what they do next.

mod ledger;
mod pace;
mod trial;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::mailboxes::{self, Blow};
use super::{App, Clock, Error, jitter};
use crate::config::Transport;
use crate::deliver::dkim::Signer;
use crate::deliver::message::{Letter, Origin, Reader};
use crate::deliver::{Envelope, NoService, Session};
use crate::model::{Delivery, OnUnknown, Outcome, Refusal, Verdict};
use crate::outbox::{self, Policy};
use crate::store::{self, Lock, Store};
use ledger::{Keeper, Ledger, Settled};
use pace::Pace;

pub(super) use trial::hand_over;
pub use trial::{copy, trial};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The deliveries whose time has come.
    Due,
    /// Everything outstanding, whatever its back-off: a person is waiting.
    Now,
    /// As `Due`, but a person is waiting, and has made due what they chose.
    Chosen,
}

/// What a round of sending came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Dispatched {
    pub delivered: usize,
    /// Each attempt, up to a thousand that went well.
    pub attempts: Vec<Attempt>,
    /// Why nobody was there to send to; what is left stays in the outbox.
    pub trouble: Option<String>,
    /// Deliveries that an earlier run was interrupted in; their mails may arrive twice,
    /// with the same Message-ID.
    pub interrupted: usize,
    /// Not settled at the end.
    pub outstanding: usize,
    /// Whether it ended before everything was tried, since it was told to.
    pub stopped: bool,
}

/// Nobody reads a longer list of what went well.
const MOST_NAMED: usize = 1000;

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
    /// Whether everybody who was to get a mail has it.
    pub fn is_clean(&self) -> bool {
        self.trouble.is_none() && !self.stopped && self.attempts.iter().all(|a| a.outcome == "delivered")
    }
}

/// Sends what is to be sent. With `stop` raised, the mails in hand are finished and no others
/// begun.
///
/// # Errors
/// When the store fails, or the configuration's password is not to be had.
pub async fn dispatch(
    app: &App,
    when: When,
    clock: &Clock,
    stop: &watch::Receiver<bool>,
) -> Result<Dispatched, Error> {
    let Some(_lock) = lock(app, when, stop).await? else {
        let outstanding = app.db.call(Store::outstanding).await?;
        let stopped = when != When::Due && outstanding > 0;
        return Ok(Dispatched { outstanding, stopped, ..Dispatched::default() });
    };
    let now = clock.now();
    let policy = policy(app);
    let begun = app.db.call(move |store| {
        let interrupted = store.reclaim(now, policy.on_unknown)?;
        if when == When::Now {
            store.hasten(now)?;
        }
        Ok::<_, store::Error>((interrupted, store.due(now)?))
    });
    let (interrupted, due) = begun.await?;
    if interrupted > 0 {
        let then = match policy.on_unknown {
            OnUnknown::Resend => "they are sent again with the same Message-ID",
            OnUnknown::Hold => "they are held for you to decide: see `tidings outbox list`",
        };
        tracing::warn!(deliveries = interrupted, "an earlier run ended while sending these mails; {then}");
    }
    let mut report = Dispatched::default();
    if due > 0 {
        let cutoff = (when != When::Due).then_some(now);
        report = Arc::new(Round::new(app, clock, cutoff)?).run(due, stop).await?;
    }
    report.interrupted = interrupted;
    let outstanding = app.db.call(|store| {
        let outstanding = store.outstanding()?;
        if outstanding == 0 {
            store.move_on()?;
        }
        Ok::<_, store::Error>(outstanding)
    });
    report.outstanding = outstanding.await?;
    report.stopped = *stop.borrow() && report.outstanding > 0;
    Ok(report)
}

fn policy(app: &App) -> Policy {
    let mail = &app.config.mail;
    let retry_for = chrono::Duration::from_std(mail.retry_for).unwrap_or(chrono::Duration::MAX);
    Policy { retry_for, on_unknown: mail.on_unknown }
}

/// The right to send. A person waits for whoever has it, unless told to stop; the daemon has
/// another tick.
async fn lock(app: &App, when: When, stop: &watch::Receiver<bool>) -> Result<Option<Lock>, Error> {
    let mut said = false;
    loop {
        match Lock::try_take(&app.config.database, "lock")? {
            Some(lock) => return Ok(Some(lock)),
            None if when == When::Due || *stop.borrow() => return Ok(None),
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

/// Mails that one connection carries before another is worth its opening.
const WORTH_A_CONNECTION: usize = 20;

/// What all connections of a round share.
struct Round {
    app: App,
    clock: Clock,
    /// A person's run tries each delivery once: what is put off meanwhile is not due by
    /// then. The daemon takes what comes due while it is at it.
    cutoff: Option<DateTime<Utc>>,
    signers: Arc<[Signer]>,
    pace: Pace,
    /// Each edition is encoded once.
    letters: tokio::sync::Mutex<HashMap<i64, Arc<Letter>>>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    report: Dispatched,
    trouble: Option<NoService>,
    /// Refusals that are believed once it is known that the server refuses not just us.
    doubtful: Vec<Doubtful>,
    /// Whether the last mail was ended by the server with 421.
    is_busy: bool,
    /// Mails taken up and outcomes seen, in their order.
    steps: u64,
    /// When the last of those that were delivered was taken up.
    last_success: Option<u64>,
}

impl State {
    fn step(&mut self) -> u64 {
        self.steps += 1;
        self.steps
    }
}

struct Doubtful {
    /// When it was refused.
    step: u64,
    delivery: Delivery,
    refusal: Refusal,
    reply: String,
}

impl Round {
    fn new(app: &App, clock: &Clock, cutoff: Option<DateTime<Utc>>) -> Result<Self, Error> {
        Ok(Self {
            app: app.clone(),
            clock: clock.clone(),
            cutoff,
            signers: app.signers()?,
            pace: Pace::new(app.config.mail.max_per_minute),
            letters: tokio::sync::Mutex::default(),
            state: Mutex::default(),
        })
    }

    async fn run(self: Arc<Self>, due: usize, stop: &watch::Receiver<bool>) -> Result<Dispatched, Error> {
        let most = match &self.app.config.transport {
            Transport::Smtp(smtp) => smtp.connections,
            Transport::Folder(_) | Transport::Sendmail(_) => 1,
        };
        let (ledger, asked) = Ledger::open(most);
        let keeper = Keeper { app: self.app.clone(), clock: self.clock.clone(), cutoff: self.cutoff };
        let keeping = tokio::spawn(keeper.keep(asked));
        let mut connections = JoinSet::new();
        for _ in 0..due.div_ceil(WORTH_A_CONNECTION).clamp(1, most) {
            connections.spawn(Arc::clone(&self).work(ledger.clone(), stop.clone()));
        }
        drop(ledger);
        let mut worked = Ok(());
        while let Some(ended) = connections.join_next().await {
            worked = worked.and(ended.unwrap_or(Err(Error::Interrupted)));
        }
        // The keeper knows why the others had to stop.
        keeping.await.unwrap_or(Err(Error::Interrupted)).and(worked)?;
        let stopped = *stop.borrow();
        self.conclude(stopped).await
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// One connection's work: a delivery, and the next.
    async fn work(self: Arc<Self>, ledger: Ledger, stop: watch::Receiver<bool>) -> Result<(), Error> {
        let mut session = None;
        let mut settled = None;
        loop {
            let goes_on = || !*stop.borrow() && self.state(|s| s.trouble.is_none());
            if self.pace.is_limited() {
                // What is done is recorded before anybody waits.
                ledger.record(settled.take(), false).await?;
                if !goes_on() || !self.has_more().await? {
                    break;
                }
                self.pace.turn(&stop).await;
            }
            let Some(delivery) = ledger.record(settled.take(), goes_on()).await? else { break };
            settled = Some(self.deliver(&mut session, delivery).await);
        }
        if let Some(session) = session {
            session.close().await;
        }
        Ok(())
    }

    /// Whether there is anything to wait for.
    async fn has_more(&self) -> Result<bool, Error> {
        let due = self.cutoff.unwrap_or_else(|| self.clock.now());
        Ok(self.app.db.call(move |store| store.due(due)).await? > 0)
    }

    /// Tries one delivery.
    async fn deliver(&self, session: &mut Option<Session>, delivery: Delivery) -> Settled {
        let begun = self.state(|s| {
            // It is judged anew.
            s.doubtful.retain(|d| d.delivery.id != delivery.id);
            s.step()
        });
        let attempted = match self.attempt(session, &delivery).await {
            Ok(attempted) => attempted,
            // Whatever fails on our side, this mail has not left.
            Err(e) => {
                let lasting = !matches!(e, Error::Store(_));
                Err(NoService { why: e.to_string(), lasting })
            }
        };
        match attempted {
            Ok(outcome) => {
                self.heed(&outcome, begun);
                let verdict = self.judge(&delivery, &outcome);
                Settled::Tried(Box::new(delivery), outcome, verdict)
            }
            // It says nothing about this recipient, who is tried again like the others.
            Err(no_service) => {
                let why = no_service.why.clone();
                self.state(|s| s.trouble.get_or_insert(no_service).lasting);
                Settled::PutBack(delivery.id, why)
            }
        }
    }

    /// A server that ends two conversations in a row wants to be left alone.
    fn heed(&self, outcome: &Outcome, begun: u64) {
        let is_busy = is_421(outcome);
        self.state(|s| {
            if matches!(outcome, Outcome::Delivered(_)) {
                s.last_success = s.last_success.max(Some(begun));
            }
            if is_busy && s.is_busy && s.trouble.is_none() {
                s.trouble = Some(NoService { why: outcome.reply().to_owned(), lasting: false });
            }
            s.is_busy = is_busy;
        });
    }

    async fn attempt(
        &self,
        session: &mut Option<Session>,
        delivery: &Delivery,
    ) -> Result<Result<Outcome, NoService>, Error> {
        let letter = self.letter(delivery.edition).await?;
        let token = delivery.token.as_deref().unwrap_or_default();
        let page = self.app.config.leave_page(token).filter(|_| delivery.token.is_some());
        let copy = letter.copy(&Reader {
            to: &delivery.to,
            format: delivery.format,
            message_id: &delivery.message_id,
            token,
            page: page.as_deref(),
        });
        let message = match copy {
            Ok(message) => message,
            Err(e) => return Ok(Ok(Outcome::Rejected(Refusal::Message, e.to_string()))),
        };
        let from = self.app.config.mail.envelope_sender(delivery.bounce.as_deref());
        let envelope = Envelope { from, to: delivery.to.address.clone() };
        loop {
            let ready = match session.take().filter(|s| !s.is_over()) {
                Some(ready) => ready,
                None => match self.app.courier().await?.connect().await {
                    Ok(ready) => ready,
                    Err(e) => return Ok(Err(e)),
                },
            };
            let ready = session.insert(ready);
            match ready.send(&envelope, &message).await {
                // A server may end a conversation that it finds long enough.
                Err(e) if !e.lasting && ready.is_worn() && ready.is_over() => {}
                Ok(outcome) if is_421(&outcome) && ready.is_worn() => {}
                // Some end it without a word, when it has been idle.
                Ok(_) if ready.is_stale() && ready.is_worn() => {}
                ended => return Ok(ended),
            }
        }
    }

    async fn letter(&self, edition: i64) -> Result<Arc<Letter>, Error> {
        let mut letters = self.letters.lock().await;
        if let Some(letter) = letters.get(&edition) {
            return Ok(Arc::clone(letter));
        }
        let issue = self.app.db.call(move |store| store.edition(edition)).await?;
        let issue = issue.ok_or_else(|| Error::Setup(format!("edition {edition} is not in the database")))?;
        let config = Arc::clone(&self.app.config);
        let origin = Origin {
            from: &config.mail.from,
            reply_to: config.mail.reply_to.as_ref(),
            digest: &issue.digest,
            title: &issue.title,
            unsubscribe: config.answers(),
            date: issue.published,
            signers: &self.signers,
        };
        let letter = Letter::new(&origin, &issue.frozen).map_err(|e| Error::Setup(e.to_string()))?;
        let letter = Arc::new(letter);
        letters.insert(edition, Arc::clone(&letter));
        Ok(letter)
    }

    fn judge(&self, delivery: &Delivery, outcome: &Outcome) -> Verdict {
        let verdict = match outcome {
            Outcome::Rejected(refusal, reply) if *refusal != Refusal::Message => {
                let (refusal, reply) = (*refusal, reply.clone());
                self.state(|s| {
                    let step = s.step();
                    s.doubtful.push(Doubtful { step, delivery: delivery.clone(), refusal, reply });
                });
                // Until the end of the round, and beyond it if that never comes.
                return self.put_off(delivery);
            }
            outcome => self.verdict(delivery, outcome),
        };
        self.tell(delivery, outcome, verdict);
        verdict
    }

    /// Says what became of a delivery, to the log and in the report.
    fn tell(&self, delivery: &Delivery, outcome: &Outcome, verdict: Verdict) {
        let (to, reply) = (delivery.to.address.masked(), outcome.reply());
        let word = match verdict {
            Verdict::Delivered => {
                tracing::info!(to, reply, "delivered");
                "delivered"
            }
            Verdict::Rejected => {
                tracing::warn!(to, reply, "rejected, not tried again");
                "rejected"
            }
            Verdict::Deferred(until) => {
                tracing::warn!(to, reply, until = %until.format("%Y-%m-%dT%H:%MZ"), "not delivered yet");
                if matches!(outcome, Outcome::Unknown(_)) { "unknown" } else { "deferred" }
            }
            Verdict::Held => {
                tracing::warn!(
                    to,
                    reply,
                    "may have arrived; held for you to decide, see `tidings outbox list`"
                );
                "unknown"
            }
            Verdict::GivenUp => {
                tracing::error!(to, reply, "given up: tried for as long as `retry_for` says");
                "given up"
            }
        };
        let next = if let Verdict::Deferred(until) = verdict { Some(until) } else { None };
        let attempt =
            Attempt { to: delivery.to.address.to_string(), outcome: word, reply: reply.to_owned(), next };
        self.state(|s| {
            s.report.delivered += usize::from(verdict == Verdict::Delivered);
            if verdict != Verdict::Delivered || s.report.attempts.len() < MOST_NAMED {
                s.report.attempts.push(attempt);
            }
        });
    }

    /// What is decided only when the round is over. A refusal is believed when the server has
    /// taken another mail since; of those after the last success, it is to be seen whether the
    /// server still takes any.
    async fn conclude(&self, stopped: bool) -> Result<Dispatched, Error> {
        let now = self.clock.now();
        let (mut trouble, doubtful, success, tried) = self.state(|s| {
            let tried = s.report.attempts.len() + s.doubtful.len();
            (s.trouble.take(), std::mem::take(&mut s.doubtful), s.last_success, tried)
        });
        let (mut believed, last): (Vec<_>, Vec<_>) =
            doubtful.into_iter().partition(|d| success.is_some_and(|success| d.step < success));
        if !last.is_empty() {
            let judgement = self.judge_all(&last).await?;
            // A round that was cut short, or went badly otherwise, has seen too little.
            let seen_enough = trouble.is_none() && !stopped && (success.is_some() || tried == last.len());
            if judgement.about_recipients && seen_enough {
                believed.extend(last);
            } else if judgement.others_got_mail {
                // The server takes the mails of others, so these have their time and no more.
                let retry_for = policy(&self.app).retry_for;
                let is_over = |d: &Doubtful| {
                    now - d.delivery.queued >= retry_for && outbox::is_tried_enough(d.delivery.attempts + 1)
                };
                let (over, waiting): (Vec<_>, Vec<_>) = last.into_iter().partition(is_over);
                believed.extend(over);
                self.tell_of_doubts(&waiting);
            } else {
                self.tell_of_doubts(&last);
                if let Some(first) = last.first().filter(|_| tried == last.len()) {
                    let why = format!("the server refuses every mail: {}", first.reply);
                    let why = trouble.map_or(why, |trouble| trouble.why);
                    trouble = Some(NoService { why, lasting: true });
                }
            }
        }
        self.believe(believed, now).await?;
        if let Some(trouble) = trouble {
            self.stand_still(trouble, now).await?;
        }
        Ok(self.state(|s| std::mem::take(&mut s.report)))
    }

    fn tell_of_doubts(&self, doubtful: &[Doubtful]) {
        for Doubtful { delivery, reply, .. } in doubtful {
            self.tell(delivery, &Outcome::Deferred(reply.clone()), self.put_off(delivery));
        }
    }

    fn verdict(&self, delivery: &Delivery, outcome: &Outcome) -> Verdict {
        let (now, attempts) = (self.clock.now(), delivery.attempts + 1);
        outbox::verdict(outcome, attempts, delivery.queued, now, policy(&self.app), jitter())
    }

    /// What is in doubt is never given up: it may be no fault of its recipient.
    fn put_off(&self, delivery: &Delivery) -> Verdict {
        Verdict::Deferred(self.clock.now() + outbox::wait(delivery.attempts + 1, jitter()))
    }

    async fn judge_all(&self, doubtful: &[Doubtful]) -> Result<Judgement, Error> {
        let refused: Vec<(String, bool)> = doubtful
            .iter()
            .map(|d| (d.delivery.to.address.to_string(), d.refusal == Refusal::Policy))
            .collect();
        let since = doubtful.iter().map(|d| d.delivery.queued).max().unwrap_or_default();
        let judged = self.app.db.call(move |store| {
            let (mut mailboxes, mut policies) = (0, 0);
            for (address, policy) in &refused {
                (mailboxes, policies) = store.doubt(address, *policy)?;
            }
            let first = refused.first().map_or("", |(address, _)| address.as_str());
            let others_got_mail = store.others_got_mail_since(first, since)?;
            let about_recipients = outbox::is_about_recipients(mailboxes, policies, others_got_mail);
            Ok::<_, store::Error>(Judgement { about_recipients, others_got_mail })
        });
        Ok(judged.await?)
    }

    /// The refusals are about the recipients.
    async fn believe(&self, doubtful: Vec<Doubtful>, now: DateTime<Utc>) -> Result<(), Error> {
        for Doubtful { delivery, refusal, reply, .. } in doubtful {
            let (id, attempts, address) =
                (delivery.id, delivery.attempts + 1, delivery.to.address.to_string());
            let words = reply.clone();
            let rejected = self.app.db.call(move |store| {
                if !store.reject(id, attempts, now)? {
                    return Ok(false);
                }
                match refusal {
                    Refusal::Mailbox => mailboxes::strike(store, &address, Blow::Fatal, &words, now)?,
                    Refusal::Soft => mailboxes::strike(store, &address, Blow::Soft, &words, now)?,
                    Refusal::Policy | Refusal::Message => false,
                };
                Ok::<_, store::Error>(true)
            });
            if rejected.await? {
                self.tell(&delivery, &Outcome::Rejected(refusal, reply), Verdict::Rejected);
            }
        }
        Ok(())
    }

    /// Nobody takes our mails: everybody waits, and what may pass is not waited for longer
    /// than `retry_for`. What somebody has to put right costs no delivery.
    async fn stand_still(&self, trouble: NoService, now: DateTime<Utc>) -> Result<(), Error> {
        let retry_for = policy(&self.app).retry_for;
        let jitter = jitter();
        let NoService { why, lasting } = trouble.clone();
        let given_up = self.app.db.call(move |store| {
            let standstill = store.stand_still(&why, now)?;
            let late = if lasting {
                store.start_over(now)?;
                Vec::new()
            } else if outbox::is_tried_enough(standstill.failures) {
                store.give_up(now - retry_for, &why, now)?
            } else {
                Vec::new()
            };
            store.postpone(now + outbox::wait(standstill.failures, jitter))?;
            Ok::<_, store::Error>(late)
        });
        for late in given_up.await? {
            tracing::error!(delivery = late.id, "given up: tried for as long as `retry_for` says");
            let attempt =
                Attempt { to: late.address, outcome: "given up", reply: trouble.why.clone(), next: None };
            self.state(|s| s.report.attempts.push(attempt));
        }
        tracing::error!("cannot send: {}", trouble.why);
        self.state(|s| s.report.trouble = Some(trouble.why));
        Ok(())
    }
}

/// What there is to know of refusals that nobody was delivered to after.
struct Judgement {
    about_recipients: bool,
    /// Since the refused mails were queued.
    others_got_mail: bool,
}

/// Whether the server has ended the conversation (RFC 5321 3.8).
fn is_421(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Deferred(reply) if reply.starts_with("421"))
}
