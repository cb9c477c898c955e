//! Which articles report the same event in their own words: those that share the rare
//! terms, names and figures, within a day or so of each other.

use std::collections::HashMap;

use super::Signature;
use super::hours;
use super::signature::Common;
use super::terms::{Corpus, Terms};
use crate::model::{Article, Story, Tie, Why};

/// Cosine of the terms from which two articles are about one thing.
const NEAR: f64 = 0.115;
/// The least likeness within a story, so that none drags in what only its neighbour knows.
const LOOSEST: f64 = 0.07;
/// What comes out later tells something new.
const SAME_EVENT_HOURS: f64 = 25.0;
/// One outlet that comes back to it later has a form for such reports.
const SAME_OUTLET_HOURS: f64 = 12.0;
/// So much common wording is a form with other names in it, unless the facts agree too.
const FORM: f64 = 0.2;

struct Member {
    story: Story,
    terms: Terms,
    signature: Signature,
}

/// Gathers stories that are about one event, each led by the article whose feed comes
/// first; of one feed, the longer, then the earlier.
pub(super) fn group(stories: Vec<Story>) -> Vec<Story> {
    let members: Vec<Member> = stories
        .into_iter()
        .map(|story| Member { terms: Terms::of(&story.lead), signature: Signature::of(&story.lead), story })
        .collect();
    let corpus = Corpus::of(members.iter().map(|m| &m.terms));
    let likeness = corpus.likeness(members.iter().map(|m| &m.terms).collect(), LOOSEST);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut group_of: HashMap<usize, usize> = HashMap::new();
    for (i, member) in members.iter().enumerate() {
        let like = |j: usize| {
            let other = members.get(j)?;
            let cosine = *likeness.get(&(j.min(i), j.max(i)))?;
            are_near(member, other, cosine).then_some(cosine)
        };
        // The whole of a group must be like the newcomer, not one of it: no chains.
        let fitting = groups.iter().enumerate().filter_map(|(g, group)| {
            let all: Vec<f64> = group.iter().map(|&j| like(j)).collect::<Option<_>>()?;
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            (mean >= NEAR).then_some((g, mean))
        });
        match fitting.max_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((g, _)) => {
                groups[g].push(i);
                group_of.insert(i, g);
            }
            None => {
                group_of.insert(i, groups.len());
                groups.push(vec![i]);
            }
        }
    }
    let mut out: Vec<Option<Story>> = groups.iter().map(|_| None).collect();
    let first_of: Vec<usize> = groups.iter().filter_map(|g| g.first().copied()).collect();
    for (i, member) in members.into_iter().enumerate() {
        let Some(slot) = group_of.get(&i).and_then(|g| out.get_mut(*g)) else { continue };
        match slot {
            None => *slot = Some(member.story),
            Some(story) => {
                let first = group_of.get(&i).and_then(|g| first_of.get(*g)).copied().unwrap_or(i);
                let cosine = likeness.get(&(first.min(i), first.max(i))).copied().unwrap_or(NEAR);
                join(story, member.story, Why::Story((cosine * 100.0) as u8));
            }
        }
    }
    out.into_iter().flatten().collect()
}

fn are_near(a: &Member, b: &Member, cosine: f64) -> bool {
    let (one, other) = (&a.story.lead, &b.story.lead);
    let most = if one.feed == other.feed { SAME_OUTLET_HOURS } else { SAME_EVENT_HOURS };
    if hours(one.published, other.published) > most {
        return false;
    }
    let common = a.signature.common(&b.signature);
    cosine >= LOOSEST && !common.series && (common.within < FORM || facts_agree(&common, one, other))
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
