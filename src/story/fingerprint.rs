//! What is stored of an article to know it again: a few hundred bytes, whatever its
//! length. A sample of its shingles (runs of three units), the same for equal texts, says
//! how much of two articles is common; its keys find the few that are worth comparing.

use super::fold::{Kind, Unit, hash};
use crate::model::{Article, LookupKeys, link_fragment, page_identity};

/// Units in a shingle.
const SHINGLE: usize = 3;
/// Shingles of the body that are kept: those with the least hashes.
const SAMPLE: usize = 160;
/// Of them, so many are keys by which the article is found.
const LOOKUP_SHINGLES: usize = 20;
/// Units that make the beginning of an article: two sentences, about.
const LEAD: usize = 45;
const LEAD_HAN: usize = 90;
/// The first byte of a stored fingerprint. Another form gets another number.
const STORED_FORM: u8 = 2;
/// Without guid and enclosure.
const FIRST_FORM: u8 = 1;
/// Fewer shingles than this are no sample of a beginning.
const ENOUGH: usize = 8;

/// A fingerprint: a bottom-k MinHash sketch of the body's shingles (Broder, 1997), with exact
/// marks and hashes of the beginning, the title, its numbers and names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fingerprint {
    /// The page, the number the site gives it, the key of its entry. Zero for none.
    page: u64,
    number: u64,
    entry: u64,
    /// The entry's guid and the address of its first enclosure. Zero for none, or not known.
    guid: u64,
    sound: u64,
    /// The title's words without their numbers: what the parts of a series share.
    form: u64,
    /// Distinct shingles in the body.
    size: u32,
    body: Vec<u32>,
    lead: Vec<u32>,
    title: Vec<u32>,
    numbers: Vec<u32>,
    names: Vec<u32>,
}

/// How much two articles have in common, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Common {
    pub(super) page: bool,
    pub(super) number: bool,
    pub(super) entry: bool,
    /// Both have one, and not the same.
    pub(super) other_guid: bool,
    pub(super) other_sound: bool,
    /// Shingles of both among those of either.
    pub(super) text: f64,
    /// Shingles of both among those of the shorter.
    pub(super) within: f64,
    /// How much of the beginning of either the other holds anywhere, whichever is less.
    pub(super) lead: f64,
    pub(super) title: f64,
    /// The titles differ in their numbers alone: Part 3, Part 4.
    pub(super) series: bool,
    /// Terms of both titles among those of the shorter.
    pub(super) title_within: f64,
    /// Terms of the shorter title.
    pub(super) title_terms: usize,
    /// Numbers of both beginnings among those of the one with fewer, if both have any.
    pub(super) numbers: Option<f64>,
    /// The same of the names, where a script shows them.
    pub(super) names: Option<f64>,
    /// Shingles of the shorter one.
    pub(super) shorter: u32,
}

impl Fingerprint {
    pub(super) fn of(article: &Article, title: &[Unit], body: &[Unit]) -> Self {
        let shingles = shingles(body);
        let size = u32::try_from(shingles.len()).unwrap_or(u32::MAX);
        let han = body.iter().take(LEAD).filter(|u| u.kind == Kind::Han).count() * 2 > LEAD;
        let lead: Vec<Unit> = body.iter().take(if han { LEAD_HAN } else { LEAD }).copied().collect();
        let identity = article.link.as_deref().and_then(page_identity);
        let fragment = article.link.as_deref().and_then(link_fragment);
        let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        let named = |is: fn(Kind) -> bool| {
            sorted(title.iter().chain(&lead).filter(|u| is(u.kind)).map(|u| u.stem as u32))
        };
        let numbers = named(|kind| kind == Kind::Number);
        let names = named(|kind| matches!(kind, Kind::Name | Kind::Katakana));
        Self {
            page: identity.as_ref().map_or(0, |i| hash(format!("page {}{fragment}", i.page).as_bytes())),
            number: identity
                .as_ref()
                .and_then(|i| i.number.as_ref())
                .map_or(0, |n| hash(format!("number {n}").as_bytes())),
            entry: hash(&[b"entry".as_slice(), &article.key.0].concat()),
            guid: article.guid.as_ref().map_or(0, |guid| hash(format!("guid {guid}").as_bytes())),
            sound: article.enclosure.as_ref().map_or(0, |url| hash(format!("sound {url}").as_bytes())),
            form: run(b"form", title.iter().filter(|u| u.kind != Kind::Number).map(|u| u.hash)),
            size,
            body: sorted(shingles.into_iter().take(SAMPLE)),
            lead: sorted(self::shingles(&lead)),
            title: sorted(pairs(title)),
            numbers,
            names,
        }
    }

    /// By what the articles to compare this one with are found.
    pub fn lookup_keys(&self) -> LookupKeys {
        let exact = [self.page, self.number, self.entry].into_iter().filter(|key| *key != 0);
        let shingles = self
            .body
            .iter()
            .take(LOOKUP_SHINGLES)
            .map(|shingle| run(b"band", std::iter::once(u64::from(*shingle))));
        let title = (!self.title.is_empty()).then(|| run(b"title", self.title.iter().map(|n| u64::from(*n))));
        LookupKeys {
            exact: exact.chain(title).map(u64::cast_signed).collect(),
            shingles: shingles.map(u64::cast_signed).collect(),
        }
    }

    pub(super) fn common(&self, other: &Self) -> Common {
        let same = |a: u64, b: u64| a != 0 && a == b;
        let differ = |a: u64, b: u64| a != 0 && b != 0 && a != b;
        let (text, within) = overlap(self, other);
        Common {
            page: same(self.page, other.page),
            number: same(self.number, other.number),
            entry: same(self.entry, other.entry),
            other_guid: differ(self.guid, other.guid),
            other_sound: differ(self.sound, other.sound),
            text,
            within,
            lead: self.begins_in(other).min(other.begins_in(self)),
            title: jaccard(&self.title, &other.title),
            title_within: contained(&self.title, &other.title).unwrap_or(0.0),
            title_terms: self.title.len().min(other.title.len()),
            series: self.form == other.form && self.title != other.title,
            numbers: contained(&self.numbers, &other.numbers),
            names: contained(&self.names, &other.names),
            shorter: self.size.min(other.size),
        }
    }

    /// How much of this one's beginning the other holds.
    fn begins_in(&self, other: &Self) -> f64 {
        let beginnings = contained(&self.lead, &other.lead).unwrap_or(1.0);
        // Of a long text, only the least shingles are known.
        let end = if other.size as usize > other.body.len() { other.body.last() } else { None };
        let known = end.map_or(self.lead.len(), |end| self.lead.partition_point(|n| n <= end));
        let known = self.lead.get(..known).unwrap_or_default();
        if known.len() < ENOUGH {
            return beginnings;
        }
        beginnings.max(shared(known, &other.body) as f64 / known.len() as f64)
    }

    /// As it is stored: the number of this form, then little-endian numbers, lists behind their
    /// lengths.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![STORED_FORM];
        for key in [self.page, self.number, self.entry, self.form, self.guid, self.sound] {
            bytes.extend(key.to_le_bytes());
        }
        bytes.extend(self.size.to_le_bytes());
        for list in [&self.body, &self.lead, &self.title, &self.numbers, &self.names] {
            bytes.extend(u32::try_from(list.len()).unwrap_or_default().to_le_bytes());
            list.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
        }
        bytes
    }

    /// None for what another version of the program wrote in another form.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (form, mut rest) = bytes.split_first()?;
        if !matches!(*form, FIRST_FORM | STORED_FORM) {
            return None;
        }
        let mut fingerprint = Self {
            page: long(&mut rest)?,
            number: long(&mut rest)?,
            entry: long(&mut rest)?,
            form: long(&mut rest)?,
            guid: if *form == FIRST_FORM { 0 } else { long(&mut rest)? },
            sound: if *form == FIRST_FORM { 0 } else { long(&mut rest)? },
            size: short(&mut rest)?,
            ..Self::default()
        };
        let Self { body, lead, title, numbers, names, .. } = &mut fingerprint;
        for list in [body, lead, title, numbers, names] {
            let length = short(&mut rest)?;
            for _ in 0..length {
                list.push(short(&mut rest)?);
            }
        }
        rest.is_empty().then_some(fingerprint)
    }
}

fn short(rest: &mut &[u8]) -> Option<u32> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u32::from_le_bytes(*bytes))
}

fn long(rest: &mut &[u8]) -> Option<u64> {
    let (bytes, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(u64::from_le_bytes(*bytes))
}

/// Distinct, the least hash first: the first hundred are a fair sample of any text.
fn shingles(units: &[Unit]) -> Vec<u32> {
    let width = SHINGLE.min(units.len()).max(1);
    sorted(units.windows(width).map(|units| run(b"", units.iter().map(|unit| unit.hash)) as u32))
}

fn run(kind: &[u8], hashes: impl Iterator<Item = u64>) -> u64 {
    let mut bytes = kind.to_vec();
    hashes.for_each(|hash| bytes.extend(hash.to_le_bytes()));
    hash(&bytes)
}

/// Units and neighbours: titles are too short for more.
fn pairs(units: &[Unit]) -> Vec<u32> {
    let singles = units.iter().map(|unit| unit.hash as u32);
    let pairs = units.windows(2).map(|pair| run(b"", pair.iter().map(|unit| unit.hash)) as u32);
    singles.chain(pairs).collect()
}

fn sorted(hashes: impl IntoIterator<Item = u32>) -> Vec<u32> {
    let mut hashes: Vec<u32> = hashes.into_iter().collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

fn shared(a: &[u32], b: &[u32]) -> usize {
    let (mut i, mut j, mut both) = (0, 0, 0);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        both += usize::from(x == y);
        i += usize::from(x <= y);
        j += usize::from(y <= x);
    }
    both
}

fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let both = shared(a, b);
    let either = a.len() + b.len() - both;
    if either == 0 { 0.0 } else { both as f64 / either as f64 }
}

fn contained(a: &[u32], b: &[u32]) -> Option<f64> {
    let fewer = a.len().min(b.len());
    (fewer > 0).then(|| shared(a, b) as f64 / fewer as f64)
}

/// Estimated from the least shingles of both together (Broder, "On the resemblance and
/// containment of documents", 1997); exact for texts shorter than the sample.
fn overlap(a: &Fingerprint, b: &Fingerprint) -> (f64, f64) {
    if a.body.is_empty() || b.body.is_empty() {
        return (0.0, 0.0);
    }
    // Up to here, both samples are complete.
    let end = [a, b].iter().filter(|s| s.size as usize > s.body.len()).filter_map(|s| s.body.last()).min();
    let upto = |list: &[u32]| end.map_or(list.len(), |end| list.partition_point(|n| n <= end));
    let (a_part, b_part) = (a.body.get(..upto(&a.body)), b.body.get(..upto(&b.body)));
    let (a_part, b_part) = (a_part.unwrap_or_default(), b_part.unwrap_or_default());
    let text = jaccard(a_part, b_part);
    let (a_size, b_size) = (f64::from(a.size), f64::from(b.size));
    let both = text * (a_size + b_size) / (1.0 + text);
    (text, (both / a_size.min(b_size)).min(1.0))
}
