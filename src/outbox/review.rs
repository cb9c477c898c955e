//! Which rejections are about their recipients.
//!
//! A server that has something against us may say "550 no such user" of everybody: providers
//! do it to senders they take for spammers, and a misrouted relay to all. Acting on that at once
//! would suppress a whole list. So a rejection about a mailbox or about us is *held*, and acted
//! on only when the server has taken another mail that was begun after it. What is still held
//! at the end of a round is reviewed: few rejections in a round that went well are about
//! their recipients; a server that rejects everybody is a relay outage, and costs nobody
//! anything.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::RetryPolicy;
use super::backoff::is_tried_enough;
use crate::model::{Decision, Delivery, Diagnostic, Outcome, RejectionKind};

/// More unknown mailboxes than this in a row, and nobody delivered to, are no chance.
const UNKNOWN_MAILBOXES: usize = 2;

/// A rejection that is acted on only when it is known to be about the recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldRejection {
    pub delivery: Delivery,
    pub kind: RejectionKind,
    pub diagnostic: Diagnostic,
    /// When it came, among the steps of its round.
    step: u64,
}

impl HeldRejection {
    /// The outcome of the attempt that was held.
    pub fn outcome(&self) -> Outcome {
        Outcome::Rejected(self.kind, self.diagnostic.clone())
    }
}

/// Whether an outcome has to be held.
pub fn must_hold(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(RejectionKind::Bounce(_) | RejectionKind::Policy, _))
}

/// What a round of sending has seen, in its order.
#[derive(Debug, Default)]
pub struct RoundLog {
    held: Vec<HeldRejection>,
    /// Mails taken up and outcomes seen.
    steps: u64,
    /// When the last of those that were delivered was taken up.
    last_success: Option<u64>,
    /// The deliveries that were tried.
    tried: HashSet<i64>,
}

/// A delivery that is taken up.
#[derive(Debug, PartialEq, Eq)]
pub enum Begun {
    /// To be sent; the step is to be handed in with its outcome.
    Send(u64),
    /// It was rejected before in this round, and others got mail since: it is about its recipient.
    Rejected(Box<HeldRejection>),
}

impl RoundLog {
    /// A delivery is taken up. What was held of it before and not confirmed is void.
    pub fn begin(&mut self, delivery: &Delivery) -> Begun {
        if let Some(at) = self.held.iter().position(|held| held.delivery.id == delivery.id) {
            let held = self.held.swap_remove(at);
            if self.last_success.is_some_and(|last| held.step < last) {
                return Begun::Rejected(Box::new(held));
            }
        }
        Begun::Send(self.step())
    }

    /// How many deliveries were tried so far.
    pub fn tried(&self) -> usize {
        self.tried.len()
    }

    /// An outcome is seen of the delivery that was taken up at `begun`.
    pub fn observe(&mut self, delivery: &Delivery, outcome: &Outcome, begun: u64) {
        self.tried.insert(delivery.id);
        match outcome {
            Outcome::Delivered(_) => self.last_success = self.last_success.max(Some(begun)),
            Outcome::Rejected(kind, diagnostic) if must_hold(outcome) => {
                let step = self.step();
                self.held.push(HeldRejection {
                    delivery: delivery.clone(),
                    kind: *kind,
                    diagnostic: diagnostic.clone(),
                    step,
                });
            }
            _ => {}
        }
    }

    /// Ends the round.
    pub fn finish(self) -> Reviewed {
        let (confirmed, open) =
            self.held.into_iter().partition(|held| self.last_success.is_some_and(|last| held.step < last));
        Reviewed { confirmed, open, had_success: self.last_success.is_some(), tried: self.tried.len() }
    }

    fn step(&mut self) -> u64 {
        self.steps += 1;
        self.steps
    }
}

/// The held rejections of a round.
#[derive(Debug)]
pub struct Reviewed {
    /// The server took another mail after these: they are about their recipients.
    pub confirmed: Vec<HeldRejection>,
    /// Nobody was delivered to after these.
    pub open: Vec<HeldRejection>,
    had_success: bool,
    /// Deliveries of the whole round.
    tried: usize,
}

/// What is known beyond the round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since {
    /// Addresses rejected, in this round and before, since anybody was delivered to: for their
    /// mailboxes, and for what the server has against us.
    pub mailboxes: usize,
    pub policies: usize,
    /// Whether anybody else was delivered to since the open ones were queued.
    pub others_got_mail: bool,
}

/// What becomes of the open ones.
#[derive(Debug, Default)]
pub struct Decided {
    /// They are about their recipients.
    pub rejected: Vec<HeldRejection>,
    /// They are tried again.
    pub retried: Vec<HeldRejection>,
    /// The server rejects everybody, and says this.
    pub outage: Option<String>,
}

impl Reviewed {
    /// Decides about the open ones. `was_cut_short`: the round was stopped, or ended by an
    /// outage, and has seen too little to decide by.
    pub fn decide(
        &mut self,
        since: Since,
        was_cut_short: bool,
        now: DateTime<Utc>,
        policy: RetryPolicy,
    ) -> Decided {
        let open = std::mem::take(&mut self.open);
        let rejected_everybody = self.tried == open.len();
        // Of a server that has taken nobody's mail there is nothing to tell its "no" from.
        let saw_enough = !was_cut_short && (self.had_success || since.others_got_mail);
        if is_about_recipients(since) && saw_enough {
            return Decided { rejected: open, ..Decided::default() };
        }
        if since.others_got_mail {
            // The server takes the mails of others, so these have their time and no more.
            let is_over = |held: &HeldRejection| {
                now - held.delivery.retry_from >= policy.retry_for
                    && is_tried_enough(held.delivery.attempts + 1)
            };
            let (rejected, retried) = open.into_iter().partition(is_over);
            return Decided { rejected, retried, outage: None };
        }
        let outage = open
            .first()
            .filter(|_| rejected_everybody && !was_cut_short)
            .map(|first| format!("the server refuses every mail: {}", first.diagnostic));
        Decided { retried: open, outage, ..Decided::default() }
    }
}

/// What is still held is tried again, however old: it may be no fault of its recipient.
pub fn retry_at(attempts: u32, now: DateTime<Utc>, jitter: f64) -> Decision {
    Decision::RetryAt(now + super::backoff::wait(attempts, jitter))
}

/// Whether rejections nobody was delivered to after are about their recipients.
fn is_about_recipients(since: Since) -> bool {
    match (since.mailboxes, since.policies) {
        (mailboxes, 0) => mailboxes <= UNKNOWN_MAILBOXES,
        (0, 1) => since.others_got_mail,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::model::{BounceKind, Format, OnUnknown, Reply};

    const HARD: RejectionKind = RejectionKind::Bounce(BounceKind::Hard);
    const POLICY: RetryPolicy = RetryPolicy { retry_for: Duration::hours(24), on_unknown: OnUnknown::Resend };

    fn delivery(id: i64) -> Delivery {
        Delivery {
            id,
            edition: 1,
            to: format!("reader{id}@example.org").parse().unwrap(),
            format: Format::Html,
            message_id: format!("<{id}@example.org>"),
            attempts: 0,
            unknown_attempts: 0,
            retry_from: DateTime::UNIX_EPOCH,
            token: None,
            bounce: None,
        }
    }

    fn delivered() -> Outcome {
        Outcome::Delivered(Reply::new(250, "ok").into())
    }

    fn rejected(kind: RejectionKind) -> Outcome {
        Outcome::Rejected(kind, Reply::new(550, "5.1.1 nobody").into())
    }

    fn begin(log: &mut RoundLog, delivery: &Delivery) -> u64 {
        match log.begin(delivery) {
            Begun::Send(step) => step,
            Begun::Rejected(held) => panic!("{held:?}"),
        }
    }

    /// A round over one connection.
    fn round(outcomes: &[Outcome]) -> Reviewed {
        let mut log = RoundLog::default();
        for (id, outcome) in (1..).zip(outcomes) {
            let begun = begin(&mut log, &delivery(id));
            log.observe(&delivery(id), outcome, begun);
        }
        log.finish()
    }

    fn ids(held: &[HeldRejection]) -> Vec<i64> {
        held.iter().map(|held| held.delivery.id).collect()
    }

    fn since(mailboxes: usize, policies: usize, others_got_mail: bool) -> Since {
        Since { mailboxes, policies, others_got_mail }
    }

    #[test]
    fn a_rejection_is_confirmed_by_a_mail_that_was_begun_after_it() {
        let mut reviewed = round(&[rejected(HARD), delivered(), rejected(HARD)]);
        assert_eq!((ids(&reviewed.confirmed), ids(&reviewed.open)), (vec![1], vec![3]));
        let decided = reviewed.decide(since(1, 0, true), false, DateTime::UNIX_EPOCH, POLICY);
        assert_eq!(ids(&decided.rejected), [3]);
        // Begun before it, on another connection, a mail confirms nothing.
        let mut log = RoundLog::default();
        let (first, second) = (begin(&mut log, &delivery(1)), begin(&mut log, &delivery(2)));
        log.observe(&delivery(2), &rejected(HARD), second);
        log.observe(&delivery(1), &delivered(), first);
        assert_eq!(ids(&log.finish().open), [2]);
    }

    #[test]
    fn a_server_that_rejects_everybody_is_an_outage_and_costs_nobody_anything() {
        let mut reviewed = round(&[rejected(HARD), rejected(HARD), rejected(HARD)]);
        let decided = reviewed.decide(since(3, 0, false), false, DateTime::UNIX_EPOCH, POLICY);
        assert_eq!((ids(&decided.rejected), ids(&decided.retried)), (vec![], vec![1, 2, 3]));
        assert_eq!(decided.outage.as_deref(), Some("the server refuses every mail: 550 5.1.1 nobody"));
    }

    #[test]
    fn a_round_that_was_cut_short_has_seen_too_little() {
        let mut reviewed = round(&[rejected(HARD)]);
        let decided = reviewed.decide(since(1, 0, false), true, DateTime::UNIX_EPOCH, POLICY);
        assert_eq!((ids(&decided.retried), decided.outage), (vec![1], None));
    }

    #[test]
    fn who_is_rejected_while_others_get_mail_has_their_time_and_no_more() {
        let decide = |attempts, hours| {
            let mut log = RoundLog::default();
            let late = Delivery { attempts, ..delivery(1) };
            let begun = begin(&mut log, &late);
            log.observe(&late, &rejected(RejectionKind::Policy), begun);
            let now = DateTime::UNIX_EPOCH + Duration::hours(hours);
            ids(&log.finish().decide(since(1, 1, true), false, now, POLICY).rejected)
        };
        assert_eq!(decide(4, 24), [1]);
        assert_eq!(decide(4, 23), [0; 0]);
        assert_eq!(decide(3, 24), [0; 0]);
    }

    #[test]
    fn how_many_were_rejected_since_the_last_delivery_decides() {
        assert!(is_about_recipients(since(1, 0, false)));
        assert!(is_about_recipients(since(2, 0, false)));
        assert!(!is_about_recipients(since(3, 0, true)));
        assert!(!is_about_recipients(since(0, 1, false)));
        assert!(is_about_recipients(since(0, 1, true)));
        assert!(!is_about_recipients(since(1, 1, true)));
    }

    #[test]
    fn a_delivery_that_is_taken_up_again_is_reviewed_anew() {
        let mut log = RoundLog::default();
        let begun = begin(&mut log, &delivery(1));
        log.observe(&delivery(1), &rejected(HARD), begun);
        let begun = begin(&mut log, &delivery(1));
        log.observe(&delivery(1), &delivered(), begun);
        let reviewed = log.finish();
        assert_eq!((reviewed.confirmed.len(), reviewed.open.len()), (0, 0));
    }

    #[test]
    fn a_single_reader_who_is_refused_is_no_proof_against_their_mailbox() {
        let mut reviewed = round(&[rejected(HARD)]);
        let decided = reviewed.decide(since(1, 0, false), false, DateTime::UNIX_EPOCH, POLICY);
        assert_eq!((ids(&decided.rejected), ids(&decided.retried)), (vec![], vec![1]));
        assert!(decided.outage.is_some());
        let mut reviewed = round(&[rejected(HARD)]);
        let decided = reviewed.decide(since(1, 0, true), false, DateTime::UNIX_EPOCH, POLICY);
        assert_eq!(ids(&decided.rejected), [1], "others got mail since it was queued");
    }

    #[test]
    fn a_rejection_that_is_confirmed_by_now_is_not_tried_again_in_a_long_round() {
        let mut log = RoundLog::default();
        for (id, outcome) in [(1, rejected(HARD)), (2, delivered())] {
            let begun = begin(&mut log, &delivery(id));
            log.observe(&delivery(id), &outcome, begun);
        }
        assert!(matches!(log.begin(&delivery(1)), Begun::Rejected(held) if held.delivery.id == 1));
        assert_eq!(log.tried(), 2);
    }
}
