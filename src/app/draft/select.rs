//! Which entries an edition shows, and what becomes of all that it looked at.

use std::collections::HashSet;

use chrono::{DateTime, Duration, Utc};

use super::Repeat;
use super::share::Share;
use crate::article::Filter;
use crate::compose::{self, Candidate};
use crate::model::{Article, Edition, Feed, Story};
use crate::store::{Carried, Placement, Stored};

/// Splits a feed's entries into those an edition shows and those it passes over for good.
/// `joined` is since when the digest knows the feed.
pub(super) fn choose(
    entries: Vec<Stored>,
    feed: &Feed,
    filter: &Filter,
    joined: Option<DateTime<Utc>>,
    due: DateTime<Utc>,
) -> (Vec<Stored>, Vec<Stored>) {
    let oldest = feed.max_age.and_then(|age| due.checked_sub_signed(Duration::from_std(age).ok()?));
    let wanted = |s: &Stored| {
        let published = s.entry.date().unwrap_or(s.first_seen);
        oldest.is_none_or(|oldest| published >= oldest) && filter.admits(&s.entry)
    };
    let (wanted, mut passed_over): (Vec<_>, Vec<_>) = entries.into_iter().partition(wanted);
    let candidates: Vec<_> = wanted
        .iter()
        .map(|s| Candidate {
            published: s.entry.date(),
            seen: s.first_seen,
            backlog: s.first_poll || joined.is_some_and(|since| s.first_seen < since),
        })
        .collect();
    let mut verdicts = compose::choose(&candidates, feed.first_run, feed.max_items).into_iter();
    let (chosen, surplus): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|_| verdicts.next() == Some(true));
    passed_over.extend(surplus);
    (chosen, passed_over)
}

/// What becomes of each entry.
pub(super) fn carried(shares: &[Share], edition: &Edition, repeats: &[Repeat]) -> Vec<Carried> {
    let named = |a: &Article| (a.feed.clone(), a.key);
    let left_out: HashSet<_> = edition.left_out.iter().flat_map(Story::settled).map(named).collect();
    let copies = edition.stories().flat_map(|p| &p.story.merged).map(|tie| named(&tie.article));
    let updated = edition.updated.iter().map(|update| named(&update.article));
    let repeats = repeats.iter().map(|(feed, key, _)| (feed.clone(), *key));
    let merged: HashSet<_> = copies.chain(updated).chain(repeats).collect();
    let mut carried = Vec::new();
    for share in shares {
        let shown = share.chosen.iter().map(|s| {
            let name = (share.feed.id.clone(), s.entry.key);
            let placement = match () {
                () if merged.contains(&name) => Placement::Merged,
                () if left_out.contains(&name) => Placement::LeftOut,
                () => Placement::Shown,
            };
            (s, placement)
        });
        let all = shown.chain(share.passed_over.iter().map(|s| (s, Placement::PassedOver)));
        carried.extend(all.map(|(s, placement)| Carried {
            feed: share.feed.id.clone(),
            key: s.entry.key,
            placement,
        }));
    }
    carried
}
