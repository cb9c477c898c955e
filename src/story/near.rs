//! Which articles report the same event in their own words: those that share the rare
//! terms, names and figures, within a day or so of each other.

use std::collections::HashMap;

use super::fingerprint::Common;
use super::terms::{Corpus, Terms};
use super::{Single, hours};
use crate::model::{Article, Story, Tie, Why};

/// Cosine of the terms from which two articles are about one thing.
const NEAR: f64 = 0.115;
/// One outlet seldom reports a thing twice, and often names the same people again.
const NEAR_IN_ONE_OUTLET: f64 = 0.22;
/// The least likeness within a story, so that none drags in what only its neighbour knows.
const LOOSEST: f64 = 0.07;
/// What comes out later reports something new.
const SAME_EVENT_HOURS: f64 = 25.0;
/// One outlet that comes back to it later has a form for such reports.
const SAME_OUTLET_HOURS: f64 = 12.0;
/// So much common wording is a form with other names in it, unless the facts agree too.
const FORM: f64 = 0.2;

/// Gathers stories that are about one event, each led by the article whose feed comes
/// first; of one feed, the longer, then the earlier.
pub(super) fn group(singles: Vec<Single>) -> Vec<Story> {
    let corpus = Corpus::of(singles.iter().map(|single| &*single.terms));
    let terms: Vec<&Terms> = singles.iter().map(|single| &*single.terms).collect();
    let likeness = corpus.likeness(&terms, LOOSEST);
    let neighbours = singles.iter().zip(likeness).map(|(single, alike)| {
        let near = |(j, cosine): &(usize, f64)| {
            let other = singles.get(*j).filter(|other| are_near(single, other));
            other.is_some_and(|other| {
                *cosine >= NEAR_IN_ONE_OUTLET || other.story.lead.feed != single.story.lead.feed
            })
        };
        alike.into_iter().filter(near).collect()
    });
    let neighbours: Vec<HashMap<usize, f64>> = neighbours.collect();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: Vec<usize> = Vec::with_capacity(singles.len());
    for (i, near) in neighbours.iter().enumerate() {
        let mut candidates: Vec<usize> = near.keys().filter_map(|j| group_of.get(*j).copied()).collect();
        candidates.sort_unstable();
        candidates.dedup();
        // The whole of a group must be like the newcomer, not one of it: no chains.
        let fitting = candidates.into_iter().filter_map(|g| {
            let group = groups.get(g)?;
            let all: Vec<f64> = group.iter().map(|j| near.get(j).copied()).collect::<Option<_>>()?;
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            (mean >= NEAR).then_some((g, mean))
        });
        let best = fitting.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(g, _)| g);
        let g = best.unwrap_or(groups.len());
        match groups.get_mut(g) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
        group_of.push(g);
    }
    let mut stories: Vec<Option<Story>> = vec![None; groups.len()];
    for ((single, g), near) in singles.into_iter().zip(group_of).zip(&neighbours) {
        let Some(slot) = stories.get_mut(g) else { continue };
        match slot {
            None => *slot = Some(single.story),
            Some(story) => {
                let first = groups.get(g).and_then(|group| near.get(group.first()?)).copied();
                join(story, single.story, Why::Story((first.unwrap_or(NEAR) * 100.0) as u8));
            }
        }
    }
    stories.into_iter().flatten().collect()
}

fn are_near(a: &Single, b: &Single) -> bool {
    let (one, other) = (&a.story.lead, &b.story.lead);
    let most = if one.feed == other.feed { SAME_OUTLET_HOURS } else { SAME_EVENT_HOURS };
    if hours(one.published, other.published) > most {
        return false;
    }
    let common = a.fingerprint.common(&b.fingerprint);
    // One outlet reports a thing twice with its names and figures; without them, it fills in
    // a form twice.
    let unlike = match (common.names, common.numbers) {
        (Some(names), Some(numbers)) => names < 0.4 && numbers < 0.6,
        (names, numbers) => names.or(numbers).is_some_and(|share| share < 0.2),
    };
    if one.feed == other.feed && unlike {
        return false;
    }
    !common.series && (common.within < FORM || facts_agree(&common, one, other))
}

/// Two outlets that print the same agency's words about one event have its figures and
/// names in common; two reports on one form differ in just these.
fn facts_agree(common: &Common, one: &Article, other: &Article) -> bool {
    one.feed != other.feed
        && (common.numbers.is_some() || common.names.is_some())
        && common.numbers.is_none_or(|n| n >= 0.9)
        && common.names.is_none_or(|n| n >= 0.6)
}

/// Puts a story under another, under the one that leads.
fn join(story: &mut Story, mut other: Story, why: Why) {
    let length = |article: &Article| article.text.chars().count();
    let leads = other.lead.feed == story.lead.feed
        && (length(&other.lead), story.lead.published) > (length(&story.lead), other.lead.published);
    if leads {
        std::mem::swap(&mut story.lead, &mut other.lead);
    }
    story.revised |= other.revised;
    story.merged.append(&mut other.merged);
    story.others.push(Tie { article: other.lead, why });
    story.others.append(&mut other.others);
}
