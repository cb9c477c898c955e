//! What an article is about, as weighted terms: names and numbers count for more than
//! words, rare terms for more than common ones, the title for more than the rest.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::fold::{Kind, Unit, units};
use crate::text::stop_words;

/// So many units of an article are looked at: what happened stands at the beginning.
const REACH: usize = 400;
/// A term in more articles than this says nothing of any two of them.
const COMMON_TERM: usize = 100;
/// Two articles that share fewer terms are not alike, however short they are.
const LEAST_SHARED: usize = 3;
/// As if so many other articles had been seen, none of which held the term: so that two
/// articles alone can be compared.
const BACKGROUND: f64 = 1000.0;
/// The title's terms count as if they came so often.
const TITLE: f64 = 3.0;

/// Terms by their hash, each with its weight in this one article.
#[derive(Debug, Clone, Default)]
pub(super) struct Terms(HashMap<u64, f64>);

impl Terms {
    pub(super) fn of(title: &[Unit], body: &[Unit]) -> Self {
        let mut counts: HashMap<u64, (f64, f64)> = HashMap::new();
        let mut count = |units: &[Unit], times: f64| {
            for (term, worth) in terms(units).into_iter().filter(|(term, _)| !COMMON.contains(term)) {
                let entry = counts.entry(term).or_insert((0.0, worth));
                entry.0 += times;
                entry.1 = entry.1.max(worth);
            }
        };
        count(title, TITLE);
        count(body.get(..REACH).unwrap_or(body), 1.0);
        Self(counts.into_iter().map(|(term, (count, worth))| (term, worth * (1.0 + count.ln()))).collect())
    }
}

/// Words that every text of their language is full of.
static COMMON: LazyLock<HashSet<u64>> =
    LazyLock::new(|| stop_words().flat_map(|word| terms(&units(word))).map(|(term, _)| term).collect());

/// The terms of a text: stems, names, numbers, and pairs of Han characters, which are the
/// nearest thing to a word that needs no dictionary.
fn terms(units: &[Unit]) -> Vec<(u64, f64)> {
    let mut terms = Vec::new();
    for (i, unit) in units.iter().enumerate() {
        match unit.kind {
            Kind::Han => {
                if let Some(next) = units.get(i + 1).filter(|next| next.kind == Kind::Han) {
                    terms.push((unit.hash.rotate_left(7) ^ next.hash, 1.0));
                }
            }
            Kind::Katakana | Kind::Name => terms.push((unit.stem, 2.0)),
            Kind::Number => terms.push((unit.hash ^ 1, 1.5)),
            Kind::Word => terms.push((unit.stem, 1.0)),
            Kind::Syllable => {}
        }
    }
    terms
}

/// How many articles each term is in.
#[derive(Debug, Clone, Default)]
pub(super) struct Corpus {
    articles: usize,
    holders: HashMap<u64, usize>,
}

impl Corpus {
    pub(super) fn of<'a>(all: impl IntoIterator<Item = &'a Terms>) -> Self {
        let mut corpus = Self::default();
        for terms in all {
            corpus.articles += 1;
            for term in terms.0.keys() {
                *corpus.holders.entry(*term).or_default() += 1;
            }
        }
        corpus
    }

    fn rarity(&self, term: u64) -> f64 {
        let holders = self.holders.get(&term).copied().unwrap_or(1) as f64;
        ((self.articles as f64 + BACKGROUND) / (holders + 1.0)).ln()
    }

    /// For each article the earlier ones that are like it, with the cosine of their terms,
    /// where that is at least so much. Found by what they share, so that articles without
    /// common rare terms cost nothing.
    pub(super) fn likeness(&self, all: &[&Terms], least: f64) -> Vec<Vec<(usize, f64)>> {
        let mut holders: HashMap<u64, Vec<(usize, f64)>> = HashMap::new();
        let mut products = vec![(0.0, 0usize); all.len()];
        let mut likeness = Vec::with_capacity(all.len());
        for (i, terms) in all.iter().enumerate() {
            let said = terms.0.iter().map(|(term, weight)| (*term, weight * self.rarity(*term)));
            let weighted: Vec<(u64, f64)> = said.collect();
            let norm = weighted.iter().map(|(_, weight)| weight.powi(2)).sum::<f64>().sqrt();
            let mut touched = Vec::new();
            for (term, weight) in weighted {
                if self.holders.get(&term).is_some_and(|holders| !(2..=COMMON_TERM).contains(holders)) {
                    continue;
                }
                let weight = weight / norm;
                let holders = holders.entry(term).or_default();
                for (j, other) in holders.iter() {
                    let Some((product, shared)) = products.get_mut(*j) else { continue };
                    if *shared == 0 {
                        touched.push(*j);
                    }
                    *product += weight * other;
                    *shared += 1;
                }
                holders.push((i, weight));
            }
            touched.sort_unstable();
            let alike = touched.into_iter().filter_map(|j| {
                let (product, shared) = std::mem::take(products.get_mut(j)?);
                (product >= least && shared >= LEAST_SHARED).then_some((j, product))
            });
            likeness.push(alike.collect());
        }
        likeness
    }
}
