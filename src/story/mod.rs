//! Articles to stories: the same news once, whoever reports it, in whichever script.
//!
//! Pure. Two articles are [the same](same) when one is a copy, an edit or a cut of the
//! other: then only one is shown, and never again. They are [near](near) when they report
//! the same event in their own words: then one leads and the others are named under it.

mod fold;
#[cfg(test)]
mod labelled;
mod near;
mod same;
mod signature;
mod terms;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{Article, EntryKey, Story, Tie, Update, Why};
use same::Pair;
pub use signature::Signature;
use terms::Terms;

/// So many others with the same text, in one feed, make it a form.
const LEAST_FORM: usize = 3;

/// What an edition told before, as far as it helps to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub feed: String,
    pub key: EntryKey,
    pub title: String,
    pub at: DateTime<Utc>,
    pub signature: Signature,
}

/// An article with what it is known by.
#[derive(Debug, Clone)]
pub struct Signed {
    pub article: Article,
    pub signature: Arc<Signature>,
    terms: Arc<Terms>,
}

impl Signed {
    pub fn new(article: Article) -> Self {
        let (title, text) = (fold::units(&article.title), fold::units(&article.text));
        let signature = Arc::new(Signature::of(&article, &title, &text));
        let terms = Arc::new(Terms::of(&title, &text));
        Self { article, signature, terms }
    }
}

/// What becomes of an article that an edition has told already, and that is changed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updates {
    /// Nothing.
    Ignore,
    /// It is named among the updates.
    Note,
    /// It is shown again, and marked.
    Resend,
}

/// Articles, told apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Telling {
    pub stories: Vec<Story>,
    pub updated: Vec<Update>,
    /// The articles that are not shown since they were told before, and why that is known.
    pub known: Vec<(String, EntryKey, Why)>,
}

/// Tells new articles apart, from each other and from what was `told` before. `returned`
/// are articles that were told under the same key, and have changed. Articles come in the
/// order of their feeds, which decides who leads a story.
pub fn tell_apart(new: Vec<Signed>, returned: Vec<Signed>, told: &[Told], updates: Updates) -> Telling {
    let mut telling = Telling::default();
    let mut fresh = Vec::new();
    let by_mark = index(told.iter().map(|told| &told.signature));
    let returned = returned.into_iter().map(|signed| (signed, false));
    for (signed, is_new) in new.into_iter().map(|signed| (signed, true)).chain(returned) {
        let earlier = earlier(&signed, told, &by_mark);
        let Some((earlier, why)) = earlier else {
            // What was carried long ago and changes now is no news.
            if is_new {
                fresh.push((signed, false));
            }
            continue;
        };
        let revised =
            signed.article.feed == earlier.feed && same::is_revised(&signed.signature, &earlier.signature);
        match updates {
            Updates::Resend if revised => fresh.push((signed, true)),
            Updates::Note if revised => {
                telling.updated.push(Update {
                    previous_title: Some(earlier.title.clone()).filter(|t| *t != signed.article.title),
                    article: signed.article,
                });
            }
            _ if is_new => telling.known.push((signed.article.feed, signed.article.key, why)),
            _ => {}
        }
    }
    telling.stories = near::group(merge(fresh));
    telling
}

/// What an article repeats of what was told.
fn earlier<'a>(
    signed: &Signed,
    told: &'a [Told],
    by_mark: &HashMap<i64, Vec<usize>>,
) -> Option<(&'a Told, Why)> {
    let candidates = candidates(&signed.signature, by_mark).into_iter().filter_map(|i| told.get(i));
    let alike = candidates.filter_map(|told| {
        let common = signed.signature.common(&told.signature);
        // The same key in the same feed is the same entry, whatever has become of it.
        let own = told.feed == signed.article.feed && told.key == signed.article.key;
        let why = if own {
            Some(Why::Id)
        } else {
            same::why(&common, pair(&signed.article, (&told.feed, &told.title, told.at)))
        };
        why.map(|why| (own, common.within, told, why))
    });
    let alike: Vec<_> = alike.collect();
    let form =
        is_form(&signed.article.feed, alike.iter().map(|(_, _, told, why)| (*why, told.feed.as_str())));
    alike
        .into_iter()
        .filter(|(_, _, told, why)| {
            !(form && matches!(why, Why::Text(_)) && told.feed == signed.article.feed)
        })
        .max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
        .map(|(_, _, told, why)| (told, why))
}

/// A story as far as one article and its copies go, and what it is known by.
struct Single {
    story: Story,
    signature: Arc<Signature>,
    terms: Arc<Terms>,
}

/// Makes one of the articles that are the same. The feed that comes first is shown; of one
/// feed, the newest version.
fn merge(fresh: Vec<(Signed, bool)>) -> Vec<Single> {
    let leaders = leaders(&fresh);
    let mut singles: Vec<Option<Single>> = Vec::with_capacity(fresh.len());
    for ((signed, revised), leader) in fresh.into_iter().zip(leaders) {
        let Signed { article, signature, terms } = signed;
        let Some((leader, why)) = leader else {
            let story = Story { lead: article, revised, merged: Vec::new(), others: Vec::new() };
            singles.push(Some(Single { story, signature, terms }));
            continue;
        };
        // Its place stays empty, so that the places still count the articles.
        singles.push(None);
        if let Some(Some(single)) = singles.get_mut(leader) {
            let lead = &mut single.story.lead;
            let newer = article.feed == lead.feed && article.published > lead.published;
            let article = if newer { std::mem::replace(lead, article) } else { article };
            if newer {
                (single.signature, single.terms) = (signature, terms);
            }
            single.story.merged.push(Tie { article, why });
        }
    }
    singles.into_iter().flatten().collect()
}

/// For each article, the earlier one of which it is a copy.
fn leaders(fresh: &[(Signed, bool)]) -> Vec<Option<(usize, Why)>> {
    let by_mark = index(fresh.iter().map(|(signed, _)| &*signed.signature));
    let mut leaders: Vec<Option<(usize, Why)>> = Vec::with_capacity(fresh.len());
    for (i, (signed, _)) in fresh.iter().enumerate() {
        let feed = &signed.article.feed;
        let alike = candidates(&signed.signature, &by_mark).into_iter().filter(|j| *j != i).filter_map(|j| {
            let (other, _) = fresh.get(j)?;
            let other_one =
                (other.article.feed.as_str(), other.article.title.as_str(), other.article.published);
            let why =
                same::why(&signed.signature.common(&other.signature), pair(&signed.article, other_one))?;
            Some((j, why, &other.article.feed))
        });
        let alike: Vec<_> = alike.collect();
        let form = is_form(feed, alike.iter().map(|(_, why, other)| (*why, other.as_str())));
        let leader = alike.into_iter().find(|(j, why, other)| {
            let by_form = form && matches!(why, Why::Text(_)) && *other == feed;
            !by_form && leaders.get(*j).is_some_and(Option::is_none)
        });
        leaders.push(leader.map(|(j, why, _)| (j, why)));
    }
    leaders
}

/// Whether a text is a form that its feed prints under many titles: three others like it.
fn is_form<'a>(feed: &str, alike: impl Iterator<Item = (Why, &'a str)>) -> bool {
    alike.filter(|(why, other)| matches!(why, Why::Text(_)) && *other == feed).count() >= LEAST_FORM
}

/// An article beside another, of which feed, title and time are known.
fn pair<'a>(article: &'a Article, (feed, title, at): (&str, &'a str, DateTime<Utc>)) -> Pair<'a> {
    Pair {
        titles: (&article.title, title),
        same_feed: article.feed == feed,
        hours: hours(article.published, at),
    }
}

fn hours(a: DateTime<Utc>, b: DateTime<Utc>) -> f64 {
    (a - b).num_minutes().abs() as f64 / 60.0
}

/// Which signatures bear each mark.
fn index<'a>(signatures: impl Iterator<Item = &'a Signature>) -> HashMap<i64, Vec<usize>> {
    let mut by_mark: HashMap<i64, Vec<usize>> = HashMap::new();
    for (i, signature) in signatures.enumerate() {
        let marks = signature.marks();
        for mark in marks.exact.into_iter().chain(marks.bands) {
            by_mark.entry(mark).or_default().push(i);
        }
    }
    by_mark
}

/// Those worth comparing with a signature. A mark that everybody bears marks nothing.
fn candidates(signature: &Signature, by_mark: &HashMap<i64, Vec<usize>>) -> Vec<usize> {
    const COMMON: usize = 64;
    let marks = signature.marks();
    let bearers = |marks: Vec<i64>| {
        let bearers = marks.into_iter().filter_map(|mark| by_mark.get(&mark));
        bearers.filter(|all| all.len() <= COMMON).flatten().copied().collect::<Vec<usize>>()
    };
    let (mut all, mut banded) = (bearers(marks.exact), bearers(marks.bands));
    banded.sort_unstable();
    all.extend(banded.windows(2).filter(|pair| pair.first() == pair.last()).filter_map(|pair| pair.first()));
    all.sort_unstable();
    all.dedup();
    all
}
