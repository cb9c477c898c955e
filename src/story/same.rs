//! When two articles are one: a copy, an edit, a cut, another script. The limits were found
//! on pairs labelled by hand (`tests/fixtures/stories`), where title similarity alone
//! separates nothing: headlines are rewritten over unchanged articles, and kept over new
//! ones.

use std::collections::HashSet;

use super::fingerprint::{Common, Fingerprint};
use super::fold;
use crate::model::Why;

/// Shorter texts, in shingles, are standing words as often as news: "Bug fixes.", "Links that
/// the editors liked this week." Only a real title tells them apart.
const SHORT: u32 = 40;
/// An agency's brief, word for word in two feeds, has at least so many.
const BRIEF: u32 = 25;
/// Less says nothing at all.
const NOTHING: u32 = 8;
/// Terms of a real title: five words and their neighbours.
const REAL_TITLE: usize = 9;
/// What stands in front of the title of an answer, as forums and lists of the world write it.
const REPLY: [&str; 8] = ["re:", "aw:", "antw:", "sv:", "回复:", "回复：", "回覆：", "返信:"];
/// Later than this, other numbers mean another day's report.
const SAME_REPORT_HOURS: f64 = 18.0;

/// What two articles that may be one are, besides their words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) titles: (&'a str, &'a str),
    pub(super) same_feed: bool,
    /// Between their times.
    pub(super) hours: f64,
}

/// Why two articles are the same one. None when they are not.
pub(super) fn why(common: &Common, pair: Pair<'_>) -> Option<Why> {
    // Within one feed, another sound is another episode, whatever the notes beside it; and what has
    // a guid of its own is another entry, unless its text is the same.
    if pair.same_feed && common.other_sound {
        return None;
    }
    let own_guid = pair.same_feed && common.other_guid;
    let wordless = common.shorter == 0 && !own_guid;
    // An address may be that of today's weather, and a number that of the section: the text
    // must not speak against it.
    let other_day = pair.hours > SAME_REPORT_HOURS;
    let other_report = other_day && (common.series || common.numbers.is_some_and(|n| n < 0.7));
    let enough = match () {
        () if other_report => 0.93,
        () if other_day => 0.6,
        () => 0.4,
    };
    if common.page && (wordless || common.within >= enough) {
        return Some(Why::Url);
    }
    if common.entry && (wordless || common.within >= enough) {
        return Some(Why::Id);
    }
    if common.number && common.within >= 0.65 {
        return Some(Why::Id);
    }
    (is_copy(common, pair) && !is_other_instance(common, pair))
        .then_some(Why::Text((common.within * 100.0) as u8))
}

/// Whether the one's words are the other's.
fn is_copy(common: &Common, pair: Pair<'_>) -> bool {
    let titles = titles(common, pair);
    if common.shorter < SHORT {
        // So few words are the same article only under the same title, on the same day.
        let edited = match titles {
            Titles::Same => common.title_terms >= REAL_TITLE,
            // That somebody edited it shows that it is no standing one.
            Titles::Edited => common.title_terms >= REAL_TITLE - 2,
            Titles::Filled | Titles::Other => false,
        };
        let alike = common.within >= if common.shorter < NOTHING { 0.95 } else { 0.85 };
        let brief = !pair.same_feed && common.shorter >= BRIEF && common.within >= 0.97;
        return (edited && alike || brief) && pair.hours <= SAME_REPORT_HOURS && common.shorter > 0;
    }
    // A follow-up repeats the background and has a new beginning.
    match common.within {
        within if within >= 0.95 || within >= 0.85 && !pair.same_feed => common.lead >= 0.55,
        within if within >= 0.78 => common.lead >= 0.7,
        within => within >= 0.7 && common.lead >= 0.95,
    }
}

/// Whether it is another instance of one form: the next weather report, the next number of
/// a series, the same notice for another town.
fn is_other_instance(common: &Common, pair: Pair<'_>) -> bool {
    let other_day = pair.hours > SAME_REPORT_HOURS;
    let nearly_all = common.within >= 0.93 && common.lead >= 0.9;
    let other_figures = common.numbers.is_some_and(|n| n < 0.9) && other_day && !nearly_all;
    if common.series || other_figures {
        return true;
    }
    let below = |share: Option<f64>, least: f64| share.is_some_and(|share| share < least);
    if !pair.same_feed {
        // Two towns' reports on one form, each in its own feed: the words are the form's, and
        // whom and how many it is about is not.
        return titles(common, pair) == Titles::Filled
            && !is_half_new(pair.titles)
            && (below(common.numbers, 0.6) || below(common.names, 0.4));
    }
    let short = common.shorter < 3 * SHORT;
    if is_reply(pair.titles) || are_other_versions(pair.titles) {
        return true;
    }
    // One outlet that prints nearly the same under nearly the same title means two things,
    // if what differs is whom and how many it is about.
    match titles(common, pair) {
        // A form filled in differs where it is filled in. The same text word for word under a
        // headline whose other half is new has been given another headline.
        Titles::Filled => !(common.text >= 0.98 && common.lead >= 0.98 && is_half_new(pair.titles)),
        Titles::Same => {
            short && common.within < 0.99 && (below(common.names, 0.9) || below(common.numbers, 0.9))
        }
        Titles::Edited => {
            short && common.within < 0.93 && (below(common.names, 0.75) || below(common.numbers, 0.5))
        }
        Titles::Other => short && below(common.names, 0.5),
    }
}

/// How two titles are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Titles {
    Same,
    /// A letter corrected, a clause added.
    Edited,
    /// One form filled in twice: "Nurse in Hamburg", "Nurse in Munich".
    Filled,
    /// Nothing in common.
    Other,
}

fn titles(common: &Common, pair: Pair<'_>) -> Titles {
    let (one, other) = pair.titles;
    match () {
        () if common.title >= 0.99 => Titles::Same,
        () if common.title_within >= 0.85 => Titles::Edited,
        () if is_corrected(one, other) => Titles::Edited,
        () if is_filled(one, other) => Titles::Filled,
        () => Titles::Other,
    }
}

/// Whether only letters differ between two titles: a word may lose one, it does not become
/// another word. Where words have no blanks between them, a few characters may differ.
fn is_corrected(one: &str, other: &str) -> bool {
    let alike = strsim::normalized_damerau_levenshtein;
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    let words = |title: &str| -> Vec<String> { title.split_whitespace().map(letters).collect() };
    let (a, b) = (words(one), words(other));
    if a.len() > 2 && a.len() == b.len() {
        return a.iter().zip(&b).all(|(a, b)| alike(a, b) >= 0.6);
    }
    alike(&letters(one), &letters(other)) >= 0.85
}

/// Whether one title answers the other: an answer quotes what it answers.
fn is_reply((one, other): (&str, &str)) -> bool {
    let is_answer = |title: &str| {
        let title = title.trim_start().to_lowercase();
        REPLY.iter().any(|mark| title.starts_with(mark) || title.contains(&format!("] {mark}")))
    };
    is_answer(one) != is_answer(other)
}

/// Whether both titles have version numbers, and none in common: 3.6.2 is not 3.4.11.
fn are_other_versions((one, other): (&str, &str)) -> bool {
    let versions = |title: &str| -> HashSet<String> {
        let is_version =
            |word: &&str| word.matches('.').count() > 1 && word.starts_with(|c: char| c.is_ascii_digit());
        let words = title.split(|c: char| !(c.is_ascii_alphanumeric() || c == '.'));
        words
            .map(|word| word.trim_matches(|c| c == '.' || c == 'v'))
            .filter(is_version)
            .map(str::to_lowercase)
            .collect()
    };
    let (one, other) = (versions(one), versions(other));
    !one.is_empty() && !other.is_empty() && one.is_disjoint(&other)
}

/// Whether two titles of one length have much in common, in the same order.
fn is_filled(one: &str, other: &str) -> bool {
    let units = [one, other].map(|title| fold::units(title).into_iter().map(|u| u.hash).collect::<Vec<_>>());
    let [one, other] = &units;
    let longer = one.len().max(other.len());
    one.len().abs_diff(other.len()) <= 1 && in_order(one, other) * 2 >= longer
}

/// Whether two titles differ in more than a name: in a clause of several words.
fn is_half_new((one, other): (&str, &str)) -> bool {
    let (one, other) = (fold::units(one), fold::units(other));
    let same = |(a, b): &(&fold::Unit, &fold::Unit)| a.hash == b.hash;
    let before = one.iter().zip(&other).take_while(same).count();
    let most = one.len().min(other.len()) - before;
    let after = one.iter().rev().zip(other.iter().rev()).take(most).take_while(same).count();
    // A form has what its slots stand between in common, too.
    let hashes = |units: &[fold::Unit]| units.iter().map(|unit| unit.hash).collect::<Vec<_>>();
    let between = in_order(&hashes(&one), &hashes(&other)).saturating_sub(before + after);
    [one, other].iter().all(|units| {
        let differing = units.get(before..units.len() - after).unwrap_or_default();
        if between * 2 > differing.len() {
            return false;
        }
        let han = differing.iter().filter(|unit| unit.kind == fold::Kind::Han).count();
        differing.len() >= if han * 2 > differing.len() { 5 } else { 3 }
    })
}

/// How many units of two titles are the same, in the same order: the longest common
/// subsequence. Titles are short.
fn in_order(one: &[u64], other: &[u64]) -> usize {
    let mut row = vec![0; other.len() + 1];
    for a in one {
        let mut diagonal = 0;
        for (j, b) in other.iter().enumerate() {
            let left = row.get(j).copied().unwrap_or_default();
            let Some(here) = row.get_mut(j + 1) else { break };
            let above = *here;
            *here = if a == b { diagonal + 1 } else { above.max(left) };
            diagonal = above;
        }
    }
    row.last().copied().unwrap_or_default()
}

/// Whether a reader of the earlier version would find something new in the later one. An
/// entry of its own, such as the same article in the other script, is no correction of a
/// word here and there.
pub(super) fn is_revised(now: &Fingerprint, before: &Fingerprint) -> bool {
    let common = now.common(before);
    common.title < 1.0 || common.text < if common.entry { 0.95 } else { 0.85 }
}
