//! When a delivery is tried again, and when it is over. Pure: the outcome of an attempt
//! goes in, a verdict comes out.

use chrono::{DateTime, Duration, Utc};

use crate::model::{Outcome, Verdict};

/// Minutes to wait after the first, second, … attempt; the last holds from then on. The
/// second wait is past the usual greylisting time.
const WAITS: [i64; 5] = [1, 5, 15, 30, 60];

/// What an attempt means. `attempts` counts this one; `jitter` in 0..1 spreads the waits,
/// so that a hundred deferred copies do not come back in the same second.
pub fn verdict(
    outcome: &Outcome,
    attempts: u32,
    queued: DateTime<Utc>,
    now: DateTime<Utc>,
    retry_for: Duration,
    jitter: f64,
) -> Verdict {
    match outcome {
        Outcome::Delivered(_) => Verdict::Delivered,
        Outcome::Rejected(_) => Verdict::Rejected,
        Outcome::Deferred(_) | Outcome::Unknown(_) => {
            let next = now + wait(attempts, jitter);
            // The last try comes at the very end of the time given, not an hour before it.
            let end = queued + retry_for;
            if now >= end { Verdict::GivenUp } else { Verdict::Deferred(next.min(end)) }
        }
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

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + Duration::minutes(minutes)
    }

    #[test]
    fn the_waits_grow_to_an_hour_and_stay_there() {
        let waits: Vec<_> = (1..=8).map(|n| wait(n, 0.5).num_minutes()).collect();
        assert_eq!(waits, [1, 5, 15, 30, 60, 60, 60, 60]);
        assert_eq!((wait(2, 0.0).num_seconds(), wait(2, 1.0).num_seconds()), (240, 360));
    }

    #[test]
    fn a_delivery_is_tried_to_the_end_of_its_time_and_then_given_up() {
        let deferred = Outcome::Deferred("450 later".into());
        let day = Duration::hours(24);
        let verdict = |now| verdict(&deferred, 9, at(0), now, day, 0.5);
        assert_eq!(verdict(at(60)), Verdict::Deferred(at(120)));
        assert_eq!(verdict(at(23 * 60 + 30)), Verdict::Deferred(at(24 * 60)));
        assert_eq!(verdict(at(24 * 60)), Verdict::GivenUp);
    }

    #[test]
    fn a_rejection_is_final_and_an_unknown_end_is_tried_again() {
        let judge = |outcome| verdict(&outcome, 1, at(0), at(0), Duration::hours(24), 0.5);
        assert_eq!(judge(Outcome::Rejected("550 no such user".into())), Verdict::Rejected);
        assert_eq!(judge(Outcome::Delivered("250 ok".into())), Verdict::Delivered);
        assert_eq!(judge(Outcome::Unknown("line broke".into())), Verdict::Deferred(at(1)));
    }
}
