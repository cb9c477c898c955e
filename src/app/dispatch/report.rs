//! What a round of sending came to, for who asked for it; and the log line of each attempt.

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::model::{Decision, Delivery, Outcome, OutcomeKind};

/// What a round of sending came to.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Report {
    pub delivered: usize,
    /// Each attempt, up to a thousand that went well.
    pub attempts: Vec<Attempt>,
    /// Why nobody was there to send to; what is left stays in the outbox.
    pub outage: Option<String>,
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

/// One try at a delivery, and what followed from it.
#[derive(Debug, Clone, Serialize)]
pub struct Attempt {
    pub to: String,
    pub outcome: OutcomeKind,
    /// What the server said, or what broke.
    pub reply: String,
    /// When it is tried again.
    pub next: Option<DateTime<Utc>>,
}

impl Report {
    /// Whether everybody who was to get a mail has it.
    pub fn is_clean(&self) -> bool {
        self.outage.is_none()
            && !self.stopped
            && self.attempts.iter().all(|a| a.outcome == OutcomeKind::Delivered)
    }

    /// Names an attempt.
    pub(super) fn add(&mut self, attempt: Attempt) {
        let is_delivered = attempt.outcome == OutcomeKind::Delivered;
        self.delivered += usize::from(is_delivered);
        if !is_delivered || self.attempts.len() < MOST_NAMED {
            self.attempts.push(attempt);
        }
    }
}

impl Attempt {
    pub(super) fn new(delivery: &Delivery, outcome: &Outcome, decision: Decision) -> Self {
        let (kind, next) = match decision {
            Decision::Delivered => (OutcomeKind::Delivered, None),
            Decision::Rejected => (OutcomeKind::Rejected, None),
            // A rejection that is tried again is put off, whatever the server called it.
            Decision::RetryAt(at) if matches!(outcome, Outcome::Unknown(_)) => {
                (OutcomeKind::Unknown, Some(at))
            }
            Decision::RetryAt(at) => (OutcomeKind::Deferred, Some(at)),
            Decision::Hold => (OutcomeKind::Unknown, None),
            Decision::GiveUp => (OutcomeKind::GivenUp, None),
        };
        let reply = outcome.diagnostic().to_string();
        Self { to: delivery.to.address.to_string(), outcome: kind, reply, next }
    }
}

/// Says what became of a delivery, once.
pub(super) fn log(delivery: &Delivery, outcome: &Outcome, decision: Decision) {
    let (to, reply) = (delivery.to.address.masked(), outcome.diagnostic());
    match decision {
        Decision::Delivered => tracing::info!(to, %reply, "delivered"),
        Decision::Rejected => tracing::warn!(to, %reply, "rejected, not tried again"),
        Decision::RetryAt(until) => {
            tracing::warn!(to, %reply, until = %until.format("%Y-%m-%dT%H:%MZ"), "not delivered yet");
        }
        Decision::Hold => {
            tracing::warn!(to, %reply, "may have arrived; held for you to decide, see `tidings outbox list`");
        }
        Decision::GiveUp => {
            tracing::error!(to, %reply, "given up: tried for as long as `retry_for` says");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BounceKind, Diagnostic, Format, RejectionKind, Reply};

    fn delivery() -> Delivery {
        Delivery {
            id: 1,
            edition: 1,
            to: "ada@example.org".parse().unwrap(),
            format: Format::Html,
            message_id: "<1@example.org>".into(),
            attempts: 0,
            unknown_attempts: 0,
            retry_from: DateTime::UNIX_EPOCH,
            token: None,
            bounce: None,
        }
    }

    #[test]
    fn a_report_is_clean_only_if_all_was_delivered() {
        let mut report = Report::default();
        let delivered = Outcome::Delivered(Reply::new(250, "ok").into());
        report.add(Attempt::new(&delivery(), &delivered, Decision::Delivered));
        assert!(report.is_clean());
        let unknown = Outcome::Unknown(Diagnostic::Local("the line broke".into()));
        report.add(Attempt::new(&delivery(), &unknown, Decision::Hold));
        assert_eq!((report.delivered, report.is_clean()), (1, false));
    }

    #[test]
    fn a_rejection_that_is_tried_again_is_reported_as_put_off() {
        let hard = RejectionKind::Bounce(BounceKind::Hard);
        let rejected = Outcome::Rejected(hard, Reply::new(550, "5.1.1 nobody").into());
        let again = Decision::RetryAt(DateTime::UNIX_EPOCH);
        assert_eq!(Attempt::new(&delivery(), &rejected, again).outcome, OutcomeKind::Deferred);
        let attempt = Attempt::new(&delivery(), &rejected, Decision::Rejected);
        assert_eq!((attempt.outcome, attempt.reply.as_str()), (OutcomeKind::Rejected, "550 5.1.1 nobody"));
    }
}
