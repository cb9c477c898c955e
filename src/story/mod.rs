//! Articles to stories: the same news once, whoever reports it, in whichever script.
//!
//! Pure. Two articles are [the same](same) when one is a copy, an edit or a cut of the
//! other: then only one is shown, and never again. They are [near](near) when they report
//! the same event in their own words: then one leads and the others are named under it.

mod fingerprint;
mod fold;
#[cfg(test)]
mod labelled;
mod near;
mod same;

mod terms;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::model::{Article, EntryKey, Story, Tie, Update, Why};
pub use fingerprint::Fingerprint;
use same::Pair;
use terms::Terms;

/// So many others with the same text, in one feed, make it a form.
const LEAST_FORM: usize = 3;

/// An article that an edition carried before, as far as it helps to know it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PastArticle {
    pub feed: String,
    pub key: EntryKey,
    pub title: String,
    pub at: DateTime<Utc>,
    pub fingerprint: Fingerprint,
}

/// An article with what it is known by.
#[derive(Debug, Clone)]
pub struct Fingerprinted {
    pub article: Article,
    pub fingerprint: Arc<Fingerprint>,
    terms: Arc<Terms>,
}

impl Fingerprinted {
    /// Computes what an article is known by.
    pub fn new(article: Article) -> Self {
        let (title, text) = (fold::units(&article.title), fold::units(&article.text));
        let fingerprint = Arc::new(Fingerprint::of(&article, &title, &text));
        let terms = Arc::new(Terms::of(&title, &text));
        Self { article, fingerprint, terms }
    }
}

/// What becomes of an article that an edition has carried already, and that is changed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updates {
    /// Nothing.
    Ignore,
    /// It is named among the updates.
    Note,
    /// It is shown again, and marked.
    Resend,
}

/// Articles, grouped.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grouped {
    pub stories: Vec<Story>,
    pub updated: Vec<Update>,
    /// The articles that are not shown since they were carried before, and why that is known.
    pub repeats: Vec<(String, EntryKey, Why)>,
}

/// Groups new articles into stories, beside what editions carried in the `past`. `returned`
/// are articles that were carried under the same key, and have changed. Articles come in the
/// order of their feeds, which decides who leads a story.
pub fn group_articles(
    new: Vec<Fingerprinted>,
    returned: Vec<Fingerprinted>,
    past: &[PastArticle],
    updates: Updates,
) -> Grouped {
    let mut grouped = Grouped::default();
    let mut fresh = Vec::new();
    let by_key = index(past.iter().map(|past| &past.fingerprint));
    let returned = returned.into_iter().map(|fingerprinted| (fingerprinted, false));
    for (fingerprinted, is_new) in new.into_iter().map(|fingerprinted| (fingerprinted, true)).chain(returned)
    {
        let earlier = earlier(&fingerprinted, past, &by_key);
        let Some((earlier, why)) = earlier else {
            // What was carried long ago and changes now is no news.
            if is_new {
                fresh.push((fingerprinted, false));
            }
            continue;
        };
        let revised = fingerprinted.article.feed == earlier.feed
            && same::is_revised(&fingerprinted.fingerprint, &earlier.fingerprint);
        match updates {
            Updates::Resend if revised => fresh.push((fingerprinted, true)),
            Updates::Note if revised => {
                grouped.updated.push(Update {
                    previous_title: Some(earlier.title.clone()).filter(|t| *t != fingerprinted.article.title),
                    article: fingerprinted.article,
                });
            }
            _ if is_new => grouped.repeats.push((fingerprinted.article.feed, fingerprinted.article.key, why)),
            _ => {}
        }
    }
    grouped.stories = near::group(merge(fresh));
    grouped
}

/// The past article that an article repeats, if there is one.
fn earlier<'a>(
    fingerprinted: &Fingerprinted,
    past: &'a [PastArticle],
    by_key: &HashMap<i64, Vec<usize>>,
) -> Option<(&'a PastArticle, Why)> {
    let candidates = candidates(&fingerprinted.fingerprint, by_key).into_iter().filter_map(|i| past.get(i));
    let alike = candidates.filter_map(|past| {
        let common = fingerprinted.fingerprint.common(&past.fingerprint);
        // The same key in the same feed is the same entry, whatever has become of it.
        let own = past.feed == fingerprinted.article.feed && past.key == fingerprinted.article.key;
        let why = if own {
            Some(Why::Id)
        } else {
            same::why(&common, pair(&fingerprinted.article, (&past.feed, &past.title, past.at)))
        };
        why.map(|why| (own, common.within, past, why))
    });
    let alike: Vec<_> = alike.collect();
    let form = is_form(
        &fingerprinted.article.feed,
        alike.iter().map(|(_, _, past, why)| (*why, past.feed.as_str())),
    );
    alike
        .into_iter()
        .filter(|(_, _, past, why)| {
            !(form && matches!(why, Why::Text(_)) && past.feed == fingerprinted.article.feed)
        })
        .max_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)))
        .map(|(_, _, past, why)| (past, why))
}

/// A story as far as one article and its copies go, and what it is known by.
struct Single {
    story: Story,
    fingerprint: Arc<Fingerprint>,
    terms: Arc<Terms>,
}

/// Makes one of the articles that are the same. The feed that comes first is shown; of one
/// feed, the newest version.
fn merge(fresh: Vec<(Fingerprinted, bool)>) -> Vec<Single> {
    let leaders = leaders(&fresh);
    let mut singles: Vec<Option<Single>> = Vec::with_capacity(fresh.len());
    for ((fingerprinted, revised), leader) in fresh.into_iter().zip(leaders) {
        let Fingerprinted { article, fingerprint, terms } = fingerprinted;
        let Some((leader, why)) = leader else {
            let story = Story { lead: article, revised, merged: Vec::new(), others: Vec::new() };
            singles.push(Some(Single { story, fingerprint, terms }));
            continue;
        };
        // Its place stays empty, so that the places still count the articles.
        singles.push(None);
        if let Some(Some(single)) = singles.get_mut(leader) {
            let lead = &mut single.story.lead;
            let newer = article.feed == lead.feed && article.published > lead.published;
            let article = if newer { std::mem::replace(lead, article) } else { article };
            if newer {
                (single.fingerprint, single.terms) = (fingerprint, terms);
            }
            single.story.merged.push(Tie { article, why });
        }
    }
    singles.into_iter().flatten().collect()
}

/// For each article, the earlier one of which it is a copy.
fn leaders(fresh: &[(Fingerprinted, bool)]) -> Vec<Option<(usize, Why)>> {
    let by_key = index(fresh.iter().map(|(fingerprinted, _)| &*fingerprinted.fingerprint));
    let mut leaders: Vec<Option<(usize, Why)>> = Vec::with_capacity(fresh.len());
    for (i, (fingerprinted, _)) in fresh.iter().enumerate() {
        let feed = &fingerprinted.article.feed;
        let alike =
            candidates(&fingerprinted.fingerprint, &by_key).into_iter().filter(|j| *j != i).filter_map(|j| {
                let (other, _) = fresh.get(j)?;
                let other_one =
                    (other.article.feed.as_str(), other.article.title.as_str(), other.article.published);
                let why = same::why(
                    &fingerprinted.fingerprint.common(&other.fingerprint),
                    pair(&fingerprinted.article, other_one),
                )?;
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

/// Which fingerprints bear each key.
fn index<'a>(fingerprints: impl Iterator<Item = &'a Fingerprint>) -> HashMap<i64, Vec<usize>> {
    let mut by_key: HashMap<i64, Vec<usize>> = HashMap::new();
    for (i, fingerprint) in fingerprints.enumerate() {
        let keys = fingerprint.lookup_keys();
        for key in keys.exact.into_iter().chain(keys.shingles) {
            by_key.entry(key).or_default().push(i);
        }
    }
    by_key
}

/// Those worth comparing with a fingerprint. A key that everybody bears keys nothing.
fn candidates(fingerprint: &Fingerprint, by_key: &HashMap<i64, Vec<usize>>) -> Vec<usize> {
    const COMMON: usize = 64;
    let keys = fingerprint.lookup_keys();
    let bearers = |keys: Vec<i64>| {
        let bearers = keys.into_iter().filter_map(|key| by_key.get(&key));
        bearers.filter(|all| all.len() <= COMMON).flatten().copied().collect::<Vec<usize>>()
    };
    let (mut all, mut by_shingle) = (bearers(keys.exact), bearers(keys.shingles));
    by_shingle.sort_unstable();
    all.extend(
        by_shingle.windows(2).filter(|pair| pair.first() == pair.last()).filter_map(|pair| pair.first()),
    );
    all.sort_unstable();
    all.dedup();
    all
}
