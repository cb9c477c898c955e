//! When a mailbox is not written to any more: at once when it does not exist, and when it stays
//! full or out of reach.

use chrono::{DateTime, Duration, Utc};

use crate::model::{BounceKind, Decision, Outcome, RejectionKind};

/// Why a mailbox is not written to whose owner or ours said so.
pub const BY_HAND: &str = "by hand";

/// For how long soft bounces are counted.
pub const SOFT_BOUNCE_WINDOW: Duration = Duration::days(30);

/// Soft bounces that suppress a mailbox, and how far apart the first and the last must be: a
/// mailbox that is full over a holiday is not dead.
const SOFT_BOUNCES: usize = 3;
const SOFT_BOUNCE_SPAN: Duration = Duration::days(7);

/// Whether a mailbox that bounced softly at these times, the oldest first, is suppressed.
pub fn is_suppressed_by(soft_bounces: &[DateTime<Utc>]) -> bool {
    match (soft_bounces.first(), soft_bounces.last()) {
        (Some(first), Some(last)) => soft_bounces.len() >= SOFT_BOUNCES && *last - *first >= SOFT_BOUNCE_SPAN,
        _ => false,
    }
}

/// What an attempt says against its mailbox. A delivery that was given up counts only if the
/// server spoke of the mailbox (RFC 3463: x.2.x), not of its own trouble.
pub fn bounce(outcome: &Outcome, decision: Decision) -> Option<BounceKind> {
    match (outcome, decision) {
        (Outcome::Rejected(RejectionKind::Bounce(kind), _), Decision::Rejected) => Some(*kind),
        (Outcome::Deferred(diagnostic), Decision::GiveUp) => {
            let is_about_mailbox = diagnostic.enhanced().is_some_and(|code| code.subject == 2);
            is_about_mailbox.then_some(BounceKind::Soft)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Reply;

    #[test]
    fn a_mailbox_is_suppressed_when_it_stays_full_for_a_week() {
        let day = |day: &i64| DateTime::UNIX_EPOCH + Duration::days(*day);
        let days = |days: &[i64]| is_suppressed_by(&days.iter().map(day).collect::<Vec<_>>());
        assert!(!days(&[]));
        assert!(!days(&[0, 1, 2, 3, 4, 5, 6]));
        assert!(!days(&[0, 7]));
        assert!(days(&[0, 1, 7]));
    }

    #[test]
    fn only_the_mailboxs_own_failures_count_against_it() {
        let deferred = |text| Outcome::Deferred(Reply::new(452, text).into());
        let rejected = |kind| Outcome::Rejected(kind, Reply::new(550, "no").into());
        assert_eq!(bounce(&deferred("4.2.2 full"), Decision::GiveUp), Some(BounceKind::Soft));
        assert_eq!(bounce(&deferred("4.2.2 full"), Decision::RetryAt(DateTime::UNIX_EPOCH)), None);
        assert_eq!(bounce(&deferred("4.3.2 busy"), Decision::GiveUp), None);
        let hard = rejected(RejectionKind::Bounce(BounceKind::Hard));
        assert_eq!(bounce(&hard, Decision::Rejected), Some(BounceKind::Hard));
        assert_eq!(bounce(&rejected(RejectionKind::Policy), Decision::Rejected), None);
        assert_eq!(bounce(&rejected(RejectionKind::Message), Decision::Rejected), None);
    }
}
