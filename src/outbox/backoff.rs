//! How long to wait before another attempt.

use chrono::Duration;

/// Minutes to wait after the first, second, … attempt; the last holds from then on. The second
/// wait is past the usual greylisting time of five minutes (RFC 6647 5); RFC 5321 4.5.4.1 asks for
/// two attempts in the first hour, then one every few hours: newspapers are more urgent.
const WAITS: [i64; 5] = [1, 5, 15, 30, 60];

/// How long to wait after so many attempts in a row came to nothing: the table's wait, give or
/// take a fifth. `jitter` in 0..1 spreads them, so that a hundred deferred copies do not come
/// back in the same second.
pub fn wait(attempts: u32, jitter: f64) -> Duration {
    let index = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX);
    let minutes = WAITS.get(index).or(WAITS.last()).copied().unwrap_or(60);
    let spread = 0.8 + 0.4 * jitter.clamp(0.0, 1.0);
    Duration::seconds((minutes as f64 * 60.0 * spread) as i64)
}

/// Whether so many attempts are enough to give up when the time is over: who sends but once
/// a day has not tried for a day by trying twice.
pub fn is_tried_enough(attempts: u32) -> bool {
    attempts >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waits_grow_to_an_hour_and_stay_there() {
        let waits: Vec<_> = (1..=8).map(|n| wait(n, 0.5).num_minutes()).collect();
        assert_eq!(waits, [1, 5, 15, 30, 60, 60, 60, 60]);
        assert_eq!((wait(2, 0.0).num_seconds(), wait(2, 1.0).num_seconds()), (240, 360));
    }
}
