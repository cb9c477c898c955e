//! The pages of the archive in the web: what came out, what a search found, and the frame around an
//! edition. Pure: an edition of the database and words to HTML.

use std::ops::Range;

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use tidings_templates::{archive, view};

use super::cut_marked;
use super::words::{Label, Words};
use super::{Theme, colours, language};
use crate::model::{ArchivedEdition, Found, FoundArticle};
use crate::text::{Query, columns, cut};

/// Of what surrounds the first place, in characters.
const BEFORE: usize = 40;
const EXCERPT: usize = 180;
/// Of a title, in display columns.
const TITLE_COLUMNS: usize = 240;

/// The site that the pages belong to.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Whose it is.
    pub name: &'a str,
    /// What stands before the path of every address; nothing, where the site has a host of its own.
    pub base: &'a str,
    pub theme: &'a Theme,
    /// Whether readers can join by a form.
    pub has_signup: bool,
    /// Whether its editions are listed.
    pub is_public: bool,
    /// By id and title.
    pub digests: &'a [(String, String)],
}

/// A digest as its pages show it.
#[derive(Debug, Clone, Copy)]
pub struct ListedDigest<'a> {
    pub id: &'a str,
    pub title: &'a str,
    pub language: &'a str,
    pub zone: Tz,
}

/// An edition and the first titles of its stories.
pub type Listed = (ArchivedEdition, Vec<String>);

/// A month by its year and number.
pub type Month = (i32, u32);

/// What somebody asked for in the form.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    pub query: String,
    pub digest: Option<String>,
    /// As in the form.
    pub from: String,
    pub until: String,
    /// From 0.
    pub page: usize,
}

/// Why there is nothing to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    NotFound,
    Busy,
    Unavailable,
}

impl Site<'_> {
    fn digest(&self, id: &str) -> String {
        // Where there is only one, its list is the front page.
        if self.digests.len() == 1 { format!("{}/", self.base) } else { format!("{}/digest/{id}", self.base) }
    }

    fn month(&self, id: &str, (year, month): Month) -> String {
        format!("{}/digest/{id}/{year:04}-{month:02}", self.base)
    }

    fn edition(&self, edition: &ArchivedEdition) -> String {
        format!("{}/edition/{}", self.base, edition.token)
    }

    fn feeds(&self, id: &str, words: Words) -> Vec<view::Headline> {
        [("editions", Label::FeedOfEditions), ("articles", Label::FeedOfArticles)]
            .map(|(name, label)| link(words.label(label), format!("{}/digest/{id}/{name}.atom", self.base)))
            .into()
    }

    pub(super) fn page(&self, words: Words, name: &str, body: view::ArchiveBody) -> view::ArchivePage {
        let logo = self.theme.logo.as_deref().map(|logo| view::Logo {
            url: format!("data:image/jpeg;base64,{}", data_encoding::BASE64.encode(&logo.bytes)),
            width: logo.width,
            height: logo.height,
        });
        view::ArchivePage {
            language: language(words.tag()),
            theme: colours(self.theme),
            title: name.to_owned(),
            name: name.to_owned(),
            home: self.is_public.then(|| format!("{}/", self.base)),
            logo,
            is_latin: name.is_ascii(),
            tagline: self.theme.tagline.clone(),
            above: Vec::new(),
            search: self.is_public.then(|| self.form(words, &Asked::default())),
            heading: None,
            body,
            pages: Vec::new(),
            pages_label: words.label(Label::OtherPages),
            feeds: Vec::new(),
            is_listed: true,
        }
    }

    fn join(&self, words: Words) -> Option<view::Headline> {
        self.has_signup.then(|| link(words.label(Label::Join), format!("{}/join", self.base)))
    }

    fn form(&self, words: Words, asked: &Asked) -> view::SearchForm {
        view::SearchForm {
            action: format!("{}/search", self.base),
            label: words.label(Label::Search),
            words_label: words.label(Label::SearchWords),
            query: asked.query.clone(),
            digest: asked.digest.clone(),
            digest_label: words.label(Label::SearchDigest),
            all_digests: words.label(Label::AllDigests),
            digests: self.digests.to_vec(),
            from: asked.from.clone(),
            from_label: words.label(Label::SearchFrom),
            until: asked.until.clone(),
            until_label: words.label(Label::SearchUntil),
        }
    }
}

fn link(title: String, link: String) -> view::Headline {
    view::Headline { title, link: Some(link), language: None }
}

fn item(site: &Site, digest: &ListedDigest, (edition, titles): &Listed) -> view::EditionItem {
    let words = Words::in_language(digest.language);
    let subject = edition.subject.clone();
    let extent = [words.edition(edition.number), words.stories(edition.stories)].join(" · ");
    // The subject often begins with a title; that is not said twice.
    let titles = titles.iter().filter(|title| !subject.starts_with(cut(title, 30).trim_end_matches('…')));
    view::EditionItem {
        date: words.long_date(edition.date.with_timezone(&digest.zone)),
        titles: titles.cloned().collect(),
        headline: link(subject, site.edition(edition)),
        extent,
    }
}

/// The front page of a site of several digests: the newest editions of each.
pub fn front(site: &Site, digests: &[(ListedDigest, Vec<Listed>)]) -> String {
    let words = Words::in_language(digests.first().map_or("en", |(digest, _)| digest.language));
    let items = digests.iter().map(|(digest, editions)| view::DigestItem {
        name: link(digest.title.to_owned(), site.digest(digest.id)),
        language: language(Words::in_language(digest.language).tag()),
        editions: editions.iter().map(|edition| item(site, digest, edition)).collect(),
    });
    let mut page = site.page(words, site.name, view::ArchiveBody::Digests(items.collect()));
    page.above.extend(site.join(words));
    archive::render(&page)
}

/// The editions of a digest, of a month or the newest; `months` are those that have some, the newest
/// first.
pub fn list(
    site: &Site,
    digest: &ListedDigest,
    editions: &[Listed],
    months: &[Month],
    shown: Option<Month>,
) -> String {
    let words = Words::in_language(digest.language);
    let named = |month: &Month| words.month(first_day(*month, digest.zone));
    let months = months.iter().map(|month| view::Headline {
        title: named(month),
        link: (shown != Some(*month)).then(|| site.month(digest.id, *month)),
        language: None,
    });
    let body = if editions.is_empty() {
        view::ArchiveBody::Words(words.label(Label::NoEditions))
    } else {
        view::ArchiveBody::Editions {
            editions: editions.iter().map(|edition| item(site, digest, edition)).collect(),
            months: months.collect(),
            months_label: words.label(Label::ByMonth),
        }
    };
    let mut page = site.page(words, digest.title, body);
    page.home = Some(site.digest(digest.id));
    page.heading = shown.as_ref().map(named);
    if let Some(heading) = &page.heading {
        page.title = format!("{heading} · {}", digest.title);
        page.above.push(link(words.label(Label::AllEditions), site.digest(digest.id)));
    }
    if site.digests.len() > 1 {
        page.above.insert(0, link(site.name.to_owned(), format!("{}/", site.base)));
        if let Some(form) = &mut page.search {
            form.digest = Some(digest.id.to_owned());
        }
    }
    page.feeds = site.feeds(digest.id, words);
    page.above.extend(site.join(words));
    archive::render(&page)
}

fn is_wide(c: char) -> bool {
    columns(c.encode_utf8(&mut [0; 4])) > 1
}

fn first_day((year, month): Month, zone: Tz) -> DateTime<Tz> {
    let day = chrono::NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default();
    // Noon, so that no change of the clocks leads to another month.
    day.and_hms_opt(12, 0, 0).unwrap_or_default().and_utc().with_timezone(&zone)
}

/// The months of some moments, each once, in their order.
pub fn months(moments: impl IntoIterator<Item = DateTime<Utc>>, zone: Tz) -> Vec<Month> {
    let mut months: Vec<Month> = Vec::new();
    for moment in moments {
        let day = moment.with_timezone(&zone);
        if months.last() != Some(&(day.year(), day.month())) {
            months.push((day.year(), day.month()));
        }
    }
    months
}

/// The page of a search; `found` is None where nothing was asked for yet.
pub fn results(
    site: &Site,
    frame: &str,
    zone_of: impl Fn(&str) -> Tz,
    asked: &Asked,
    found: Option<(&Query, &Found)>,
    per_page: usize,
) -> String {
    let words = Words::in_language(frame);
    let items = found.iter().flat_map(|(query, found)| {
        let zone_of = &zone_of;
        found
            .articles
            .iter()
            .map(move |article| result(site, words, zone_of(&article.edition.digest), query, article))
    });
    let said = match found {
        Some((_, found)) if found.count > 0 => Some(words.found(found.count, found.is_cut)),
        // What has no letter in it is nowhere either.
        _ => Some(&asked.query)
            .filter(|query| !query.trim().is_empty())
            .map(|query| words.nothing_found(query)),
    };
    let body =
        view::ArchiveBody::Results { form: Box::new(site.form(words, asked)), said, items: items.collect() };
    let of = asked.digest.as_ref().and_then(|id| site.digests.iter().find(|(known, _)| known == id));
    let mut page = site.page(words, of.map_or(site.name, |(_, title)| title), body);
    if let Some((id, _)) = of {
        page.home = Some(site.digest(id));
    }
    page.search = None;
    page.is_listed = false;
    page.heading = Some(words.label(Label::Search));
    page.title = format!("{} · {}", words.label(Label::Search), page.name);
    page.above.extend(page.home.clone().map(|home| link(words.label(Label::AllEditions), home)));
    let count = found.map_or(0, |(_, found)| found.count);
    let to = |number: usize| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("q", &asked.query);
        let digest = asked.digest.as_deref().unwrap_or_default();
        for (name, value) in [("in", digest), ("from", &asked.from), ("until", &asked.until)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if number > 0 {
            query.append_pair("page", &(number + 1).to_string());
        }
        format!("{}/search?{}", site.base, query.finish())
    };
    if let Some(before) = asked.page.checked_sub(1) {
        page.pages.push(link(words.label(Label::PreviousPage), to(before)));
    }
    if count > (asked.page + 1) * per_page {
        page.pages.push(link(words.label(Label::NextPage), to(asked.page + 1)));
    }
    archive::render(&page)
}

fn result(site: &Site, words: Words, zone: Tz, query: &Query, found: &FoundArticle) -> view::ResultItem {
    let (article, edition) = (&found.article, &found.edition);
    let date = words.date(edition.date.with_timezone(&zone));
    let title = cut_marked(&article.title, TITLE_COLUMNS);
    view::ResultItem {
        link: place(site, found),
        language: article.language.as_deref().map(language),
        title: marked(&title, &query.places(&title)),
        excerpt: excerpt(&article.text, query),
        outlet: article.outlet.clone(),
        edition: link(format!("{}, {date}", edition.title), site.edition(edition)),
    }
}

/// Where an article stands in its edition.
fn place(site: &Site, found: &FoundArticle) -> String {
    let edition = site.edition(&found.edition);
    match found.article.place {
        Some((0, story)) => format!("{edition}#story-{story}"),
        Some((page, story)) => format!("{edition}/{page}#story-{story}"),
        None => edition,
    }
}

/// A text in pieces, those of the places marked.
fn marked(text: &str, places: &[Range<usize>]) -> Vec<view::Marked> {
    let mut pieces = Vec::new();
    let mut push = |range: Range<usize>, is_match| {
        if let Some(text) = text.get(range).filter(|text| !text.is_empty()) {
            pieces.push(view::Marked { text: text.to_owned(), is_match });
        }
    };
    let mut end = 0;
    for place in places {
        push(end..place.start, false);
        push(place.clone(), true);
        end = place.end;
    }
    push(end..text.len(), false);
    pieces
}

/// Paragraphs one behind the other; Chinese ones without a space.
fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_apart = line.chars().next_back().is_some_and(|last| last.is_ascii() || !is_wide(last));
        if is_apart {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// The words around the first place; the beginning of the text where there is none.
fn excerpt(text: &str, query: &Query) -> Vec<view::Marked> {
    let line = on_one_line(text);
    let first = query.places(&line).first().map_or(0, |place| place.start);
    let before = line.get(..first).unwrap_or_default();
    let start = before.char_indices().rev().nth(BEFORE - 1).map_or(0, |(at, _)| at);
    let rest = line.get(start..).unwrap_or_default();
    let end = rest.char_indices().nth(EXCERPT).map_or(rest.len(), |(at, _)| at);
    let window = rest.get(..end).unwrap_or(rest);
    let ellipsis = |is_cut: bool| if is_cut { "…" } else { "" };
    let shown = format!("{}{}{}", ellipsis(start > 0), window.trim(), ellipsis(end < rest.len()));
    marked(&shown, &query.places(&shown))
}

/// The page of an edition, with the way to the others where everybody may read them.
pub fn around(
    site: Option<&Site>,
    frame: &str,
    theme: &Theme,
    html: &str,
    edition: &ArchivedEdition,
    (previous, next): (Option<&ArchivedEdition>, Option<&ArchivedEdition>),
) -> String {
    let words = Words::in_language(frame);
    let to = |label: Label, edition: Option<&ArchivedEdition>| {
        site.zip(edition).map(|(site, edition)| link(words.label(label), site.edition(edition)))
    };
    let listed = site.filter(|site| site.digests.iter().any(|(id, _)| *id == edition.digest));
    let around = view::Around {
        language: language(words.tag()),
        theme: colours(theme),
        all: listed.map(|site| link(words.label(Label::AllEditions), site.digest(&edition.digest))),
        search: listed.map(|site| link(words.label(Label::Search), format!("{}/search", site.base))),
        previous: to(Label::PreviousEdition, previous),
        next: to(Label::NextEdition, next),
        feeds: listed.map_or_else(Vec::new, |site| site.feeds(&edition.digest, words)),
        has_remote_pictures: site.is_none(),
    };
    archive::frame(html, &around)
}

/// The page where there is nothing to show, in the dress of the archive where there is one.
pub fn missing(site: Option<&Site>, frame: &str, theme: &Theme, why: Missing) -> String {
    let words = Words::in_language(frame);
    let label = match why {
        Missing::NotFound => Label::PageNotFound,
        Missing::Busy => Label::PageBusy,
        Missing::Unavailable => Label::PageUnavailable,
    };
    let text = words.label(label);
    if let Some(site) = site {
        let mut page = site.page(words, site.name, view::ArchiveBody::Words(text));
        page.is_listed = false;
        return archive::render(&page);
    }
    super::page(words, theme, &text, &text, None, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_around_the_first_place_are_shown_and_marked() {
        let query = Query::parse("渡轮").unwrap();
        let text = format!("{}渡輪停航。{}", "前".repeat(100), "后".repeat(300));
        let pieces = excerpt(&text, &query);
        let shown: String = pieces.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(
            shown,
            format!("…{}渡輪停航。{}…", "前".repeat(BEFORE), "后".repeat(EXCERPT - BEFORE - 5))
        );
        assert_eq!(
            pieces.iter().filter(|p| p.is_match).map(|p| p.text.as_str()).collect::<Vec<_>>(),
            ["渡輪"]
        );
        assert_eq!(
            on_one_line("渡轮停航。\n 乘客 改乘\nThe end.\nOf it."),
            "渡轮停航。乘客改乘The end. Of it."
        );
        // Only its title has the word.
        assert_eq!(excerpt("Short.", &query), [view::Marked { text: "Short.".into(), is_match: false }]);
    }

    #[test]
    fn months_are_those_of_the_digests_zone() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let moments = [at("2026-11-30T23:30:00Z"), at("2026-11-02T06:00:00Z"), at("2026-10-31T23:30:00Z")];
        assert_eq!(months(moments, Tz::Europe__Berlin), [(2026, 12), (2026, 11)]);
        assert_eq!(months(moments, Tz::UTC), [(2026, 11), (2026, 10)]);
    }
}
