//! Stories to an edition: which entries, in which order, in which section, and how much
//! of each is printed so that the mail is not clipped. Pure: no clock, no database.

mod room;

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::model::{Edition, EntryKey, Form, Images, Placed, Section, Story, Update};

pub use room::fit;

/// What a digest brings to each of its editions.
#[derive(Debug, Clone)]
pub struct EditionSettings<'a> {
    pub digest: &'a str,
    pub title: &'a str,
    pub zone: Tz,
    pub language: Option<&'a str>,
    /// Which of these languages a text is in, if that can be told.
    pub language_among: fn(&str, &[&str]) -> Option<String>,
    /// In the order of the configuration.
    pub feeds: Vec<&'a str>,
    pub images: Images,
    pub order: Order,
    /// Section titles in the order in which they appear.
    pub sections: Vec<&'a str>,
}

/// Which stories come first within a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Newest,
    /// By feed, in the order of the configuration; the newest first within each.
    Feeds,
    /// What most feeds report first, then the newest.
    Top,
}

/// What an edition is made of.
#[derive(Debug, Clone, Default)]
pub struct Material {
    pub stories: Vec<Story>,
    pub updated: Vec<Update>,
    /// Entries, by their feeds, that found no room in the edition before.
    pub waiting: HashSet<(String, EntryKey)>,
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
    let Material { mut stories, updated, waiting, late } = material;
    match settings.order {
        Order::Top => {
            stories.sort_by_key(|s| (std::cmp::Reverse(s.outlets()), std::cmp::Reverse(s.lead.published)));
        }
        Order::Newest => stories.sort_by_key(|s| std::cmp::Reverse(s.lead.published)),
        Order::Feeds => stories.sort_by_key(|s| {
            let place = settings.feeds.iter().position(|f| *f == s.lead.feed).unwrap_or(usize::MAX);
            (place, std::cmp::Reverse(s.lead.published))
        }),
    }
    // What waited for room stands behind newer news.
    let waited = |story: &Story| story.settled().all(|a| waiting.contains(&(a.feed.clone(), a.key)));
    stories.sort_by_cached_key(waited);
    let language = settings.language.map_or_else(|| language_of(&stories, settings), str::to_owned);
    let mut sections: Vec<Section> = settings
        .sections
        .iter()
        .map(|t| Section { title: Some((*t).to_owned()), stories: Vec::new() })
        .collect();
    let mut untitled = Section { title: None, stories: Vec::new() };
    for story in stories {
        let form = Form::of(story.lead.content);
        let place = sections.iter_mut().find(|s| s.title == story.lead.section).unwrap_or(&mut untitled);
        place.stories.push(Placed { story: Arc::new(story), form });
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
        briefing: None,
        written_by: None,
        updated,
    }
}

/// Keeps so many of an edition's stories: those that most outlets have, then the newest.
pub fn keep_top(edition: &mut Edition, most: usize) {
    let rank = |placed: &Placed| (placed.story.outlets(), placed.story.lead.published);
    let mut ranks: Vec<_> = edition.stories().map(rank).collect();
    ranks.sort_unstable_by(|a, b| b.cmp(a));
    let Some(least) = ranks.get(most.saturating_sub(1)).copied() else { return };
    // Of those that rank alike at the end, the first.
    let mut room = ranks.iter().take(most).filter(|rank| **rank == least).count();
    for section in &mut edition.sections {
        section.stories.retain(|placed| match rank(placed).cmp(&least) {
            Ordering::Greater => true,
            Ordering::Equal if room > 0 => {
                room -= 1;
                true
            }
            Ordering::Equal | Ordering::Less => false,
        });
    }
    edition.sections.retain(|section| !section.stories.is_empty());
}

fn language_of(stories: &[Story], settings: &EditionSettings<'_>) -> String {
    let spoken: Vec<(&str, Option<&str>)> =
        stories.iter().map(|s| (s.lead.feed.as_str(), s.lead.language.as_deref())).collect();
    prevailing_language(&spoken, settings.title, &settings.feeds, settings.language_among)
}

/// The language of the frame: that of most stories, of which the feeds and languages are given; where
/// another comes close, that of the digest's title, else of its first feed, so that it does not change
/// from day to day.
pub fn prevailing_language(
    spoken: &[(&str, Option<&str>)],
    title: &str,
    feeds: &[&str],
    among: fn(&str, &[&str]) -> Option<String>,
) -> String {
    let language = |spoken: &(&str, Option<&str>)| spoken.1.unwrap_or("en").to_owned();
    let mut counts: HashMap<String, usize> = HashMap::new();
    for story in spoken {
        *counts.entry(language(story)).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    let mut close: Vec<(&String, usize)> = counts
        .iter()
        .map(|(language, count)| (language, *count))
        .filter(|(_, count)| count * 2 >= most)
        .collect();
    close.sort_by_key(|(language, count)| (std::cmp::Reverse(*count), *language));
    let candidates: Vec<&str> = close.iter().map(|(language, _)| language.as_str()).collect();
    let by_title = among(title, &candidates);
    let of_feeds = feeds.iter().filter_map(|feed| spoken.iter().find(|(of, _)| of == feed));
    let by_feed =
        || of_feeds.map(language).find(|language| close.iter().any(|(known, _)| *known == language));
    by_title
        .or_else(by_feed)
        .or_else(|| close.first().map(|(language, _)| (*language).clone()))
        .unwrap_or_else(|| "en".into())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Article, Content};

    pub(super) fn story(title: &str, day: u32, section: Option<&str>) -> Story {
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
                printed: None,
                excerpt: String::new(),
                image: None,
                minutes: 1,
                section: section.map(str::to_owned),
                content: Content::Full,
                by_machine: None,
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
            language_among: |title, candidates| {
                let is_chinese = |language: &&&str| title == "日报" && language.starts_with("zh");
                candidates.iter().find(is_chinese).map(|language| (*language).to_owned())
            },
            feeds: vec!["courier", "abend"],
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
    fn the_frame_is_in_the_language_of_most_and_where_it_is_close_the_same_every_day() {
        let day = |english: usize, german: usize, chinese: usize| {
            let of = |feed: &'static str, language: &'static str, count: usize| {
                (0..count).map(move |_| {
                    let mut story = story("s", 1, None);
                    (story.lead.feed, story.lead.language) = (feed.into(), Some(language.into()));
                    story
                })
            };
            let stories = of("courier", "en", english).chain(of("abend", "de", german));
            stories.chain(of("wanbao", "zh-Hans", chinese)).collect::<Vec<_>>()
        };
        let settings = settings();
        let titled = EditionSettings { title: "日报", ..settings.clone() };
        for (stories, title, expected) in [
            (day(8, 3, 2), settings.clone(), "en"),
            (day(3, 8, 2), settings.clone(), "de"),
            // Close: the first feed, or the title.
            (day(5, 6, 2), settings.clone(), "en"),
            (day(6, 5, 2), settings.clone(), "en"),
            (day(0, 5, 6), settings.clone(), "de"),
            (day(6, 0, 6), titled.clone(), "zh-Hans"),
            (day(8, 0, 4), titled.clone(), "zh-Hans"),
            (day(9, 0, 4), titled.clone(), "en"),
            (day(0, 0, 0), titled.clone(), "en"),
            (day(0, 0, 0), settings.clone(), "en"),
        ] {
            assert_eq!(language_of(&stories, &title), expected);
        }
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
    fn the_top_of_a_week_is_what_most_have_wherever_it_stands() {
        let settings = EditionSettings { sections: vec!["A", "B"], ..settings() };
        let mut stories: Vec<Story> = (0..30).map(|i| story(&format!("minor {i}"), 20, Some("A"))).collect();
        let mut major = story("major", 19, Some("B"));
        major.others = vec![crate::model::Tie {
            article: Article { feed: "post".into(), ..story("m", 19, None).lead },
            why: crate::model::Why::Url,
        }];
        stories.push(major);
        let material = Material { stories, updated: Vec::new(), waiting: HashSet::new(), late: None };
        let mut edition = compose(&settings, 1, "2026-11-22T06:00:00Z".parse().unwrap(), material);
        keep_top(&mut edition, 20);
        assert_eq!(edition.stories().count(), 20);
        assert!(edition.stories().any(|placed| placed.story.lead.title == "major"));
    }
}
