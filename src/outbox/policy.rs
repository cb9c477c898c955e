//! What follows from one attempt.
//!
//! | the server says | the delivery is |
//! |---|---|
//! | 2xx to the message | delivered |
//! | 4xx; the line broke before the message was sent | tried again, see [`backoff`]; given up after `retry_for` |
//! | 5xx about the mailbox or about us | held until the end of the round, see [`review`](super::review) |
//! | 5xx about the message | rejected |
//! | nothing, after the message was sent | tried again once with the same Message-ID, or held |
//!
//! | 421 to RCPT or later | tried again; two in a row: the round does without that connection |
//!
//! A 421 as greeting or at MAIL, a wrong password, a bad certificate, a refused sender say nothing
//! about a delivery: that is a `RelayError`. The round does without that connection, and when it
//! was the last one, that is a relay outage.

use chrono::{DateTime, Duration, Utc};

use super::backoff;
use crate::model::{Decision, OnUnknown, Outcome};

/// What the owner wants of deliveries that do not go well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How long a delivery is tried before it is given up.
    pub retry_for: Duration,
    pub on_unknown: OnUnknown,
}

/// What is known of a delivery besides its last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// Attempts, this one included.
    pub attempts: u32,
    /// How many of those before this one ended with nobody knowing.
    pub unknown_attempts: u32,
    /// When the time began for which it is tried.
    pub retry_from: DateTime<Utc>,
}

/// What an attempt means for its delivery. `jitter` in 0..1, see [`backoff::wait`].
pub fn decide(
    outcome: &Outcome,
    history: History,
    now: DateTime<Utc>,
    policy: RetryPolicy,
    jitter: f64,
) -> Decision {
    match outcome {
        Outcome::Delivered(_) => Decision::Delivered,
        Outcome::Rejected(..) => Decision::Rejected,
        // A server that takes mails and never says so would be sent them for ever.
        Outcome::Unknown(_) if policy.on_unknown == OnUnknown::Hold || history.unknown_attempts > 0 => {
            Decision::Hold
        }
        Outcome::Deferred(_) | Outcome::Unknown(_) => {
            let next = now + backoff::wait(history.attempts, jitter);
            // The last try comes at the very end of the time given, not an hour before it.
            let end = history.retry_from + policy.retry_for;
            if backoff::is_tried_enough(history.attempts) && now >= end {
                // What may have arrived is not given up for lost.
                if matches!(outcome, Outcome::Unknown(_)) { Decision::Hold } else { Decision::GiveUp }
            } else {
                Decision::RetryAt(if now < end { next.min(end) } else { next })
            }
        }
    }
}

/// Attempts of unknown end, interruptions among them, after which an interrupted mail is held.
const INTERRUPTED_TOO_OFTEN: u32 = 3;

/// What follows when the program ended while it was sending a mail; `unknown_attempts` counts this
/// attempt. Hardly ever had the mail left by then, so it goes out again; but one that is
/// interrupted again and again may be what ends the program.
pub fn after_interruption(unknown_attempts: u32, now: DateTime<Utc>, policy: RetryPolicy) -> Decision {
    if policy.on_unknown == OnUnknown::Hold || unknown_attempts >= INTERRUPTED_TOO_OFTEN {
        Decision::Hold
    } else {
        Decision::RetryAt(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BounceKind, Diagnostic, RejectionKind, Reply};

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minutes)
    }

    fn reply(code: u16, text: &str) -> Diagnostic {
        Reply::new(code, text).into()
    }

    const A_DAY: RetryPolicy = RetryPolicy { retry_for: Duration::hours(24), on_unknown: OnUnknown::Resend };
    const FIRST: History = History { attempts: 1, unknown_attempts: 0, retry_from: DateTime::UNIX_EPOCH };

    #[test]
    fn a_delivery_is_tried_to_the_end_of_its_time_and_then_given_up() {
        let deferred = Outcome::Deferred(reply(450, "later"));
        let decide = |attempts, now| decide(&deferred, History { attempts, ..FIRST }, now, A_DAY, 0.5);
        let few = decide(2, at(48 * 60));
        assert_eq!(few, Decision::RetryAt(at(48 * 60 + 5)), "but not before it was tried some times");
        assert_eq!(decide(9, at(60)), Decision::RetryAt(at(120)));
        assert_eq!(decide(9, at(23 * 60 + 30)), Decision::RetryAt(at(24 * 60)));
        assert_eq!(decide(9, at(24 * 60)), Decision::GiveUp);
    }

    #[test]
    fn a_rejection_is_final_and_an_unknown_end_is_as_the_owner_wants() {
        let decide = |outcome: &Outcome, on_unknown| {
            decide(outcome, FIRST, at(0), RetryPolicy { on_unknown, ..A_DAY }, 0.5)
        };
        let hard = RejectionKind::Bounce(BounceKind::Hard);
        let rejected = Outcome::Rejected(hard, reply(550, "no such user"));
        assert_eq!(decide(&rejected, OnUnknown::Resend), Decision::Rejected);
        assert_eq!(decide(&Outcome::Delivered(reply(250, "ok")), OnUnknown::Hold), Decision::Delivered);
        let unknown = Outcome::Unknown(Diagnostic::Local("line broke".into()));
        assert_eq!(decide(&unknown, OnUnknown::Resend), Decision::RetryAt(at(1)));
        assert_eq!(decide(&unknown, OnUnknown::Hold), Decision::Hold);
    }

    #[test]
    fn a_mail_that_may_have_arrived_twice_is_not_sent_a_third_time() {
        let unknown = Outcome::Unknown(Diagnostic::Local("line broke".into()));
        let again = History { attempts: 2, unknown_attempts: 1, ..FIRST };
        assert_eq!(decide(&unknown, again, at(0), A_DAY, 0.5), Decision::Hold);
        let deferred = Outcome::Deferred(reply(450, "later"));
        assert_eq!(decide(&deferred, again, at(0), A_DAY, 0.5), Decision::RetryAt(at(5)));
        let last = History { attempts: 9, ..FIRST };
        assert_eq!(decide(&unknown, last, at(48 * 60), A_DAY, 0.5), Decision::Hold, "nor given up for lost");
    }

    #[test]
    fn a_mail_whose_sending_ends_the_program_again_and_again_is_held() {
        let decisions: Vec<_> = (1..=3).map(|n| after_interruption(n, at(7), A_DAY)).collect();
        assert_eq!(decisions, [Decision::RetryAt(at(7)), Decision::RetryAt(at(7)), Decision::Hold]);
        let hold = RetryPolicy { on_unknown: OnUnknown::Hold, ..A_DAY };
        assert_eq!(after_interruption(1, at(7), hold), Decision::Hold);
    }
}
