//! When a delivery is tried again, when it is over, and when a mailbox is not written to
//! any more. Pure: the outcome of an attempt goes in, a verdict comes out.

use chrono::{DateTime, Duration, Utc};

use crate::model::{OnUnknown, Outcome, Verdict};

/// Minutes to wait after the first, second, … attempt; the last holds from then on. The
/// second wait is past the usual greylisting time.
const WAITS: [i64; 5] = [1, 5, 15, 30, 60];

/// What the owner wants of deliveries that do not go well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long a delivery is tried before it is given up.
    pub retry_for: Duration,
    pub on_unknown: OnUnknown,
}

/// What an attempt means. `attempts` counts this one; `jitter` in 0..1 spreads the waits,
/// so that a hundred deferred copies do not come back in the same second.
pub fn verdict(
    outcome: &Outcome,
    attempts: u32,
    queued: DateTime<Utc>,
    now: DateTime<Utc>,
    policy: Policy,
    jitter: f64,
) -> Verdict {
    match outcome {
        Outcome::Delivered(_) => Verdict::Delivered,
        Outcome::Rejected(..) => Verdict::Rejected,
        Outcome::Unknown(_) if policy.on_unknown == OnUnknown::Hold => Verdict::Held,
        Outcome::Deferred(_) | Outcome::Unknown(_) => {
            let next = now + wait(attempts, jitter);
            // The last try comes at the very end of the time given, not an hour before it.
            let end = queued + policy.retry_for;
            if is_tried_enough(attempts) && now >= end {
                Verdict::GivenUp
            } else {
                Verdict::Deferred(if now < end { next.min(end) } else { next })
            }
        }
    }
}

/// Whether so many attempts are enough to give up when the time is over: who sends but once
/// a day has not tried for a day by trying twice.
pub fn is_tried_enough(attempts: u32) -> bool {
    attempts >= 5
}

/// For how long failures that may pass are counted.
pub const MEMORY: Duration = Duration::days(30);

/// Whether a mailbox that has failed at these times, the oldest first, is to be written to
/// no more: a full mailbox is no dead one, unless it stays full.
pub fn persists(setbacks: &[DateTime<Utc>]) -> bool {
    match (setbacks.first(), setbacks.last()) {
        (Some(first), Some(last)) => setbacks.len() >= 3 && *last - *first >= Duration::days(7),
        _ => false,
    }
}

/// Whether refusals are to be believed when nobody was delivered to since the first of them: a
/// server that refuses everybody has something against us, whatever it says of them.
/// `others_got_mail` tells whether anybody else was delivered to since they were queued.
pub fn is_about_recipients(mailboxes: usize, policies: usize, others_got_mail: bool) -> bool {
    match (mailboxes, policies) {
        (_, 0) => mailboxes < 3,
        (0, 1) => others_got_mail,
        _ => false,
    }
}

/// How long to wait after so many attempts in a row came to nothing: the table's wait,
/// give or take a fifth.
pub fn wait(attempts: u32, jitter: f64) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = WAITS.get(index).or(WAITS.last()).copied().unwrap_or(60);
    let spread = 0.8 + 0.4 * jitter.clamp(0.0, 1.0);
    Duration::seconds((minutes as f64 * 60.0 * spread) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Refusal;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minutes)
    }

    const A_DAY: Policy = Policy { retry_for: Duration::hours(24), on_unknown: OnUnknown::Resend };

    #[test]
    fn the_waits_grow_to_an_hour_and_stay_there() {
        let waits: Vec<_> = (1..=8).map(|n| wait(n, 0.5).num_minutes()).collect();
        assert_eq!(waits, [1, 5, 15, 30, 60, 60, 60, 60]);
        assert_eq!((wait(2, 0.0).num_seconds(), wait(2, 1.0).num_seconds()), (240, 360));
    }

    #[test]
    fn a_delivery_is_tried_to_the_end_of_its_time_and_then_given_up() {
        let deferred = Outcome::Deferred("450 later".into());
        let few = verdict(&deferred, 2, at(0), at(48 * 60), A_DAY, 0.5);
        assert_eq!(few, Verdict::Deferred(at(48 * 60 + 5)), "but not before it was tried some times");
        let verdict = |now| verdict(&deferred, 9, at(0), now, A_DAY, 0.5);
        assert_eq!(verdict(at(60)), Verdict::Deferred(at(120)));
        assert_eq!(verdict(at(23 * 60 + 30)), Verdict::Deferred(at(24 * 60)));
        assert_eq!(verdict(at(24 * 60)), Verdict::GivenUp);
    }

    #[test]
    fn a_rejection_is_final_and_an_unknown_end_is_as_the_owner_wants() {
        let judge =
            |outcome, on_unknown| verdict(&outcome, 1, at(0), at(0), Policy { on_unknown, ..A_DAY }, 0.5);
        let rejected = Outcome::Rejected(Refusal::Mailbox, "550 no such user".into());
        assert_eq!(judge(rejected, OnUnknown::Resend), Verdict::Rejected);
        assert_eq!(judge(Outcome::Delivered("250 ok".into()), OnUnknown::Hold), Verdict::Delivered);
        let unknown = Outcome::Unknown("line broke".into());
        assert_eq!(judge(unknown.clone(), OnUnknown::Resend), Verdict::Deferred(at(1)));
        assert_eq!(judge(unknown, OnUnknown::Hold), Verdict::Held);
    }

    #[test]
    fn a_mailbox_is_dead_when_it_stays_full_for_a_week() {
        let days = |days: &[i64]| persists(&days.iter().map(|d| at(d * 24 * 60)).collect::<Vec<_>>());
        assert!(!days(&[]));
        assert!(!days(&[0, 1, 2, 3, 4, 5, 6]));
        assert!(!days(&[0, 7]));
        assert!(days(&[0, 1, 7]));
    }

    #[test]
    fn a_server_that_refuses_everybody_is_not_believed() {
        assert!(is_about_recipients(1, 0, false));
        assert!(is_about_recipients(2, 0, false));
        assert!(!is_about_recipients(3, 0, true));
        assert!(!is_about_recipients(0, 1, false));
        assert!(is_about_recipients(0, 1, true));
        assert!(!is_about_recipients(1, 1, true));
    }
}
