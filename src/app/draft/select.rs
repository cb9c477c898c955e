//! Which entries an edition shows, and what becomes of all that it looked at.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, Utc};

use super::Repeat;
use super::share::Share;
use crate::article::Filter;
use crate::compose::{self, Candidate};
use crate::model::{Article, Edition, EntryKey, Feed, NotShown};
use crate::store::{Carried, Placement, Stored, Waiting};

/// Something waits for room for so long, and for so many editions.
const PATIENCE: Duration = Duration::days(7);
const PATIENCE_EDITIONS: u32 = 3;

/// Why an entry is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PassedOver {
    Filtered,
    BeyondFirstRun,
    BeyondMaxItems,
}

/// Splits a feed's entries into those an edition shows and those it passes over for good.
/// `waiting` are those that were chosen before, which the feed's limits do not count any more;
/// `joined` is since when the digest knows the feed.
pub(super) fn choose(
    entries: Vec<Stored>,
    waiting: &HashMap<EntryKey, Waiting>,
    feed: &Feed,
    filter: &Filter,
    joined: Option<DateTime<Utc>>,
    due: DateTime<Utc>,
) -> (Vec<Stored>, Vec<(Stored, PassedOver)>) {
    let oldest = feed.max_age.and_then(|age| due.checked_sub_signed(Duration::from_std(age).ok()?));
    let is_chosen = |s: &Stored| waiting.contains_key(&s.entry.key);
    let wanted = |s: &Stored| {
        let published = s.entry.date().unwrap_or(s.first_seen);
        (is_chosen(s) || oldest.is_none_or(|oldest| published >= oldest)) && filter.admits(&s.entry)
    };
    let (wanted, filtered): (Vec<_>, Vec<_>) = entries.into_iter().partition(wanted);
    let (mut chosen, wanted): (Vec<_>, Vec<_>) = wanted.into_iter().partition(is_chosen);
    let candidates: Vec<_> = wanted
        .iter()
        .map(|s| Candidate {
            published: s.entry.date(),
            seen: s.first_seen,
            backlog: s.first_poll || joined.is_some_and(|since| s.first_seen < since),
        })
        .collect();
    let verdicts = compose::choose(&candidates, feed.first_run, feed.max_items);
    let mut passed_over: Vec<_> = filtered.into_iter().map(|s| (s, PassedOver::Filtered)).collect();
    for ((s, candidate), is_shown) in wanted.into_iter().zip(candidates).zip(verdicts) {
        match (is_shown, candidate.backlog) {
            (true, _) => chosen.push(s),
            (false, true) => passed_over.push((s, PassedOver::BeyondFirstRun)),
            (false, false) => passed_over.push((s, PassedOver::BeyondMaxItems)),
        }
    }
    (chosen, passed_over)
}

/// How many entries are passed over, by why.
pub(super) fn not_shown(shares: &[Share]) -> NotShown {
    let of = |why| shares.iter().flat_map(|share| &share.passed_over).filter(|(_, w)| *w == why).count();
    NotShown {
        filtered: of(PassedOver::Filtered),
        beyond_first_run: of(PassedOver::BeyondFirstRun),
        beyond_max_items: of(PassedOver::BeyondMaxItems),
    }
}

/// What becomes of the entries that a draft looked at.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub(super) carried: Vec<Carried>,
    /// Those for which the mail has no room, to be taken up by the next edition.
    pub(super) waiting: Vec<(String, EntryKey)>,
}

/// What becomes of each entry. An edition with pages in the web shows there what its mail has no
/// room for.
pub(super) fn settle(
    shares: &[Share],
    edition: &Edition,
    repeats: &[Repeat],
    has_pages: bool,
    due: DateTime<Utc>,
) -> Settled {
    let named = |a: &Article| (a.feed.clone(), a.key);
    let (in_web, left_out) = if has_pages {
        (edition.left_out.as_slice(), Default::default())
    } else {
        (Default::default(), edition.left_out.as_slice())
    };
    let left_out: HashSet<_> = left_out.iter().flat_map(|story| story.settled()).map(named).collect();
    let shown = edition.stories().map(|placed| &placed.story).chain(in_web);
    let copies = shown.flat_map(|story| &story.merged).map(|tie| named(&tie.article));
    let updated = edition.updated.iter().map(|update| named(&update.article));
    let repeats = repeats.iter().map(|(feed, key, _)| (feed.clone(), *key));
    let merged: HashSet<_> = copies.chain(updated).chain(repeats).collect();
    let mut settled = Settled::default();
    for share in shares {
        let mut carry = |key: EntryKey, placement: Placement| {
            settled.carried.push(Carried { feed: share.feed.id.clone(), key, placement });
        };
        for s in &share.chosen {
            let name = (share.feed.id.clone(), s.entry.key);
            let has_waited = share.waiting.get(&s.entry.key).is_some_and(|waiting| {
                due - waiting.since >= PATIENCE && waiting.editions >= PATIENCE_EDITIONS
            });
            match () {
                () if merged.contains(&name) => carry(s.entry.key, Placement::Merged),
                () if !left_out.contains(&name) => carry(s.entry.key, Placement::Shown),
                () if has_waited => {
                    carry(s.entry.key, Placement::LeftOut);
                }
                () => settled.waiting.push(name),
            }
        }
        for (s, _) in &share.passed_over {
            carry(s.entry.key, Placement::PassedOver);
        }
    }
    settled
}
