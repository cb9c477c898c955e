//! Stories to an edition: which entries, in which order, in which section, and how much
//! of each is printed so that the mail is not clipped. Pure: no clock, no database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::{Content, Edition, Form, Images, Placed, Section, Story, Update};

/// What a digest brings to each of its editions.
#[derive(Debug, Clone)]
pub struct EditionSettings<'a> {
    pub digest: &'a str,
    pub title: &'a str,
    pub zone: Tz,
    pub language: Option<&'a str>,
    pub images: Images,
    pub order: Order<'a>,
    /// Section titles in the order in which they appear.
    pub sections: Vec<&'a str>,
}

/// Which stories come first within a section.
#[derive(Debug, Clone)]
pub enum Order<'a> {
    Newest,
    /// By feed, in this order; the newest first within each.
    Feeds(Vec<&'a str>),
    /// What most feeds report first, then the newest.
    Top,
}

/// What an edition is made of.
#[derive(Debug, Clone, Default)]
pub struct Material {
    pub stories: Vec<Story>,
    pub updated: Vec<Update>,
    /// When it is published, if that is long after it was due.
    pub late: Option<DateTime<Utc>>,
}

/// An entry that no edition of the digest has carried, as far as choosing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    pub published: Option<DateTime<Utc>>,
    pub seen: DateTime<Utc>,
    /// It was there before the digest knew the feed.
    pub backlog: bool,
}

impl Candidate {
    fn age_rank(&self) -> DateTime<Utc> {
        self.published.map_or(self.seen, |p| p.min(self.seen))
    }
}

/// Chooses among one feed's candidates: of the backlog the newest `first_run`, of all of
/// them the newest `max_items`. True means it goes into the edition; the others are
/// passed over for good.
pub fn choose(candidates: &[Candidate], first_run: usize, max_items: usize) -> Vec<bool> {
    let mut newest: Vec<usize> = (0..candidates.len()).collect();
    newest.sort_by_key(|&i| std::cmp::Reverse(candidates.get(i).map(Candidate::age_rank)));
    let mut chosen = vec![false; candidates.len()];
    let (mut backlog, mut all) = (0, 0);
    for i in newest {
        let (Some(candidate), Some(slot)) = (candidates.get(i), chosen.get_mut(i)) else { continue };
        if all == max_items || (candidate.backlog && backlog == first_run) {
            continue;
        }
        all += 1;
        backlog += usize::from(candidate.backlog);
        *slot = true;
    }
    chosen
}

/// Lays stories out as an edition, each in the form its feed asks for.
pub fn compose(
    settings: &EditionSettings<'_>,
    number: i64,
    due: DateTime<Utc>,
    material: Material,
) -> Edition {
    let Material { mut stories, updated, late } = material;
    match &settings.order {
        Order::Top => {
            stories.sort_by_key(|s| (std::cmp::Reverse(s.outlets()), std::cmp::Reverse(s.lead.published)));
        }
        Order::Newest => stories.sort_by_key(|s| std::cmp::Reverse(s.lead.published)),
        Order::Feeds(feeds) => stories.sort_by_key(|s| {
            let place = feeds.iter().position(|f| *f == s.lead.feed).unwrap_or(usize::MAX);
            (place, std::cmp::Reverse(s.lead.published))
        }),
    }
    let language = settings.language.map_or_else(|| prevailing_language(&stories), str::to_owned);
    let mut sections: Vec<Section> = settings
        .sections
        .iter()
        .map(|t| Section { title: Some((*t).to_owned()), stories: Vec::new() })
        .collect();
    let mut untitled = Section { title: None, stories: Vec::new() };
    for story in stories {
        let form = match story.lead.content {
            Content::Title => Form::Title,
            Content::Excerpt => Form::Excerpt,
            Content::Full | Content::Fetch => Form::Full,
        };
        let place = sections.iter_mut().find(|s| s.title == story.lead.section).unwrap_or(&mut untitled);
        place.stories.push(Placed { story, form });
    }
    sections.insert(0, untitled);
    sections.retain(|s| !s.stories.is_empty());
    Edition {
        digest: settings.digest.to_owned(),
        title: settings.title.to_owned(),
        number,
        due,
        zone: settings.zone,
        language,
        images: settings.images,
        sections,
        late,
        left_out: Vec::new(),
        updated,
    }
}

/// Shrinks an edition until `measure` says that it takes at most `max` bytes: from the
/// last story up, full texts become excerpts; when none is left, excerpts become titles;
/// when only titles are left, stories are left out. Nothing is cut in the middle.
pub fn fit(edition: Edition, max: usize, measure: impl Fn(&Edition) -> usize) -> Edition {
    if measure(&edition) <= max {
        return edition;
    }
    // Each step makes it smaller, so the least number of steps can be searched for.
    let (mut too_few, mut enough) = (0, steps(&edition));
    while enough - too_few > 1 {
        let middle = usize::midpoint(too_few, enough);
        if measure(&shrunk(&edition, middle)) <= max {
            enough = middle;
        } else {
            too_few = middle;
        }
    }
    shrunk(&edition, enough)
}

/// How often the edition can shrink; one story always stays.
fn steps(edition: &Edition) -> usize {
    let downgrades: usize = edition.stories().map(|p| p.form as usize).sum();
    downgrades + edition.stories().count().saturating_sub(1)
}

fn shrunk(edition: &Edition, steps: usize) -> Edition {
    let mut edition = edition.clone();
    let mut left = steps;
    for (from, to) in [(Form::Full, Form::Excerpt), (Form::Excerpt, Form::Title)] {
        let placed = edition.sections.iter_mut().flat_map(|s| &mut s.stories).collect::<Vec<_>>();
        for placed in placed.into_iter().rev().filter(|p| p.form == from) {
            if left == 0 {
                return edition;
            }
            placed.form = to;
            left -= 1;
        }
    }
    for section in edition.sections.iter_mut().rev() {
        while left > 0 {
            let Some(placed) = section.stories.pop() else { break };
            edition.left_out.insert(0, placed.story);
            left -= 1;
        }
    }
    edition.sections.retain(|s| !s.stories.is_empty());
    edition
}

/// The language most of the edition's articles are in.
fn prevailing_language(stories: &[Story]) -> String {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for language in stories.iter().filter_map(|s| s.lead.language.as_deref()) {
        *counts.entry(language).or_default() += 1;
    }
    let undeclared = stories.iter().filter(|s| s.lead.language.is_none()).count();
    *counts.entry("en").or_default() += undeclared;
    let most = counts.into_iter().max_by_key(|(language, count)| (*count, std::cmp::Reverse(*language)));
    most.map_or("en", |(language, _)| language).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Article, EntryKey};

    fn story(title: &str, day: u32, section: Option<&str>) -> Story {
        Story {
            lead: Article {
                feed: "courier".into(),
                outlet: "Courier".into(),
                key: EntryKey([0; 16]),
                guid: None,
                enclosure: None,
                media: Vec::new(),
                discussion: None,
                title: title.into(),
                link: None,
                published: format!("2026-11-{day:02}T06:00:00Z").parse().unwrap(),
                language: None,
                html: String::new(),
                text: String::new(),
                excerpt: String::new(),
                image: None,
                minutes: 1,
                section: section.map(str::to_owned),
                content: Content::Full,
            },
            revised: false,
            merged: Vec::new(),
            others: Vec::new(),
        }
    }

    fn settings() -> EditionSettings<'static> {
        EditionSettings {
            digest: "daily",
            title: "Daily",
            zone: Tz::UTC,
            language: None,
            images: Images::First,
            order: Order::Newest,
            sections: vec!["World", "Science"],
        }
    }

    fn titles(edition: &Edition) -> Vec<&str> {
        edition.stories().map(|p| p.story.lead.title.as_str()).collect()
    }

    #[test]
    fn sections_come_in_the_owners_order_and_the_newest_story_first() {
        let stories = vec![
            story("old science", 1, Some("Science")),
            story("old world", 1, Some("World")),
            story("new world", 2, Some("World")),
            story("loose", 3, None),
        ];
        let edition =
            compose(&settings(), 1, DateTime::UNIX_EPOCH, Material { stories, ..Material::default() });
        assert_eq!(titles(&edition), ["loose", "new world", "old world", "old science"]);
    }

    #[test]
    fn of_a_new_feed_only_the_newest_are_shown_and_later_ones_all() {
        let at = |hour: i64, backlog| Candidate {
            published: None,
            seen: DateTime::from_timestamp(hour * 3600, 0).unwrap(),
            backlog,
        };
        let candidates = [at(1, true), at(2, true), at(3, true), at(4, false), at(5, false)];
        assert_eq!(choose(&candidates, 1, 12), [false, false, true, true, true]);
        assert_eq!(choose(&candidates, 0, 12), [false, false, false, true, true]);
        assert_eq!(choose(&candidates, 5, 2), [false, false, false, true, true]);
    }

    #[test]
    fn a_long_edition_shrinks_from_its_end_and_loses_nothing_silently() {
        let stories = (1..=4).map(|d| story(&format!("s{d}"), d, None)).collect();
        let edition =
            compose(&settings(), 1, DateTime::UNIX_EPOCH, Material { stories, ..Material::default() });
        let size = |e: &Edition| e.stories().map(|p| 1 + 10 * p.form as usize).sum::<usize>();
        for max in 1..=84 {
            let fitted = fit(edition.clone(), max, size);
            assert!(size(&fitted) <= max, "{max}");
            assert_eq!(fitted.stories().count() + fitted.left_out.len(), 4);
        }
        let fitted = fit(edition.clone(), 60, size);
        assert_eq!(
            fitted.stories().map(|p| p.form).collect::<Vec<_>>(),
            [Form::Full, Form::Excerpt, Form::Excerpt, Form::Excerpt]
        );
        let fitted = fit(edition, 2, size);
        assert_eq!((titles(&fitted), fitted.left_out.len()), (vec!["s4", "s3"], 2));
    }
}
