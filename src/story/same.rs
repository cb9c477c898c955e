//! When two articles are one: a copy, an edit, a cut, another script. The limits were found
//! on pairs labelled by hand (`tests/fixtures/stories`), where title similarity alone
//! separates nothing: headlines are rewritten over unchanged articles, and kept over new
//! ones.

use super::signature::{Common, Signature};
use crate::model::Why;

/// Shorter texts, in shingles, say little by themselves.
const SHORT: u32 = 8;
/// Later than this, other numbers mean another day's report.
const SAME_REPORT_HOURS: f64 = 18.0;

/// Why two articles that came out so many hours apart are the same one. None when they
/// are not.
pub(super) fn why(common: &Common, hours: f64) -> Option<Why> {
    let wordless = common.shorter == 0;
    // An address may be that of today's weather, and a number that of the section: the text
    // must not speak against it.
    let other_day = hours > SAME_REPORT_HOURS;
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
    if common.series {
        return None;
    }
    if common.shorter < SHORT {
        let same = common.title >= 0.99 && common.within >= 0.95 && !other_day;
        return same.then_some(Why::Text(100));
    }
    // A follow-up repeats the background and has a new beginning.
    let close = common.lead >= 0.7 && common.within >= 0.78 || common.lead >= 0.95 && common.within >= 0.7;
    // The next weather report, the next number of a series: the same words, other figures.
    let other_figures = common.numbers.is_some_and(|n| n < 0.9)
        && other_day
        && !(common.within >= 0.93 && common.lead >= 0.9);
    (close && !other_figures).then_some(Why::Text((common.within * 100.0) as u8))
}

/// Whether a reader of the earlier version would find something new in the later one. An
/// entry of its own, such as the same article in the other script, is no correction of a
/// word here and there.
pub(super) fn is_revised(now: &Signature, before: &Signature) -> bool {
    let common = now.common(before);
    common.title < 1.0 || common.text < if common.entry { 0.95 } else { 0.85 }
}
