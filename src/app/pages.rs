//! What the web pages show: to readers who leave, read an edition or look through the archive, and to
//! programs that ask how we are.

use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use tokio::sync::{Notify, watch};
use url::Url;

use super::readers::{Stamps, is_unwritable};
use super::{App, metrics};
use crate::config::{Archive, Config, Digest};
use crate::deliver::encoding::READERS_TOKEN;
use crate::model::ArchivedEdition;
use crate::render::archive::{self, Asked, Listed, ListedDigest, Missing, Month, Site};
use crate::render::{self, atom};
use crate::store::{self, PublishedEdition, Reader, Search, Store, Subscription};
use crate::text::{MOST_CHARACTERS, Query};
use crate::web::metrics::Gauge;
use crate::web::{Answer, Audience, Client, Form, Media, Page, PageSource, SearchQuery};

/// Editions on the front page of a digest, and of each of several.
const NEWEST: u32 = 20;
const NEWEST_OF_EACH: u32 = 3;
/// Editions of a month: no digest appears more often than every hour.
const OF_A_MONTH: u32 = 800;
/// Titles that an edition is listed with.
const TITLES: u32 = 5;
const RESULTS: usize = 20;
const IN_A_FEED: u32 = 50;

/// The pages, by the configuration of the day.
#[derive(Clone)]
pub(super) struct Pages {
    pub(super) apps: watch::Receiver<App>,
    /// For what is only read: whoever reads keeps no mail from leaving.
    pub(super) reader: Reader,
    /// For searches, which take longest.
    pub(super) searcher: Reader,
    /// Told when a mail to a reader waits.
    pub(super) letters: Arc<Notify>,
    pub(super) stamps: Stamps,
}

/// What is asked of the database for a page: None where there is no such page.
type Made = Result<Option<Page>, store::Error>;

impl Pages {
    pub(super) fn app(&self) -> App {
        self.apps.borrow().clone()
    }

    /// There is no such page.
    pub(super) fn nothing(&self) -> Answer {
        Answer::NotFound(self.missing(Missing::NotFound))
    }

    /// What is made by looking at the database alone.
    pub(super) async fn read_any<T: Send + 'static>(
        &self,
        make: impl FnOnce(&Config, &Store) -> Result<T, store::Error> + Send + 'static,
    ) -> Result<T, store::Error> {
        let config = Arc::clone(&self.app().config);
        self.reader.call(move |store| make(&config, store)).await
    }

    fn answer(&self, made: Made) -> Answer {
        match made {
            Ok(Some(page)) => Answer::Page(page),
            Ok(None) => self.nothing(),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }

    fn missing(&self, why: Missing) -> String {
        let app = self.app();
        let language = app.config.digests.first().and_then(|digest| digest.language.clone());
        let language = language.as_deref().unwrap_or("en");
        let archived = Archived::of(&app.config).filter(|_| app.config.is_public());
        archive::missing(archived.as_ref().map(Archived::site).as_ref(), language, &app.config.theme, why)
    }

    async fn read(&self, make: impl FnOnce(&Config, &Store) -> Made + Send + 'static) -> Answer {
        self.answer(self.read_any(make).await)
    }

    /// The same, of what there is only where everybody may read it.
    async fn read_public(&self, make: impl FnOnce(&Archived, &Store) -> Made + Send + 'static) -> Answer {
        self.read(move |config, store| match Archived::of(config).filter(|_| config.is_public()) {
            Some(archived) => make(&archived, store),
            None => Ok(None),
        })
        .await
    }
}

/// The site of the pages, by the configuration.
pub(super) struct Archived<'a> {
    config: &'a Config,
    /// Where it is read, without a slash at its end.
    url: &'a str,
    base: String,
    /// Whose it is: the digest's, if there is one alone.
    name: &'a str,
    digests: Vec<(String, String)>,
}

impl<'a> Archived<'a> {
    /// None where there is none.
    pub(super) fn of(config: &'a Config) -> Option<Self> {
        let url = config.public_url.as_deref()?;
        let base = Url::parse(url).map(|url| url.path().trim_end_matches('/').to_owned()).unwrap_or_default();
        let digests = config.digests.iter().map(|digest| (digest.id.clone(), digest.title.clone()));
        let name = match config.digests.as_slice() {
            [only] => only.title.as_str(),
            _ => config.mail.from.name.as_deref().unwrap_or_else(|| config.mail.from.address.domain()),
        };
        Some(Self { config, url, base, name, digests: digests.collect() })
    }

    pub(super) fn site(&self) -> Site<'_> {
        Site {
            has_signup: self.config.digests.iter().any(|digest| digest.signup),
            is_public: self.config.is_public(),
            name: self.name,
            base: &self.base,
            theme: &self.config.theme,
            digests: &self.digests,
        }
    }

    fn digest(&self, id: &str) -> Option<&'a Digest> {
        self.config.digests.iter().find(|digest| digest.id == id)
    }

    /// The page of a digest: its newest editions, or those of a month.
    fn list(&self, store: &Store, digest: &Digest, month: Option<Month>) -> Made {
        let editions = match month {
            Some(month) => {
                let Some((from, until)) = span(month, digest.zone) else { return Ok(None) };
                store.archived_editions(&digest.id, from, until, OF_A_MONTH)?
            }
            None => store.newest_editions(&digest.id, NEWEST)?,
        };
        let editions = listed(store, editions)?;
        if month.is_some() && editions.is_empty() {
            return Ok(None);
        }
        let months = archive::months(store.publication_times(&digest.id)?, digest.zone);
        let language = frame(store, digest)?;
        let shown =
            ListedDigest { id: &digest.id, title: &digest.title, language: &language, zone: digest.zone };
        Ok(everybodys(archive::list(&self.site(), &shown, &editions, &months, month)))
    }

    fn feed(&self, store: &Store, digest: &Digest, name: &str) -> Made {
        let feed = atom::AtomFeed {
            url: self.url,
            digest: &digest.id,
            title: &digest.title,
            author: self.config.mail.from.name.as_deref().unwrap_or(&digest.title),
            name,
        };
        let body = match name {
            "editions" => {
                let newest = store.newest_editions(&digest.id, IN_A_FEED)?;
                atom::editions(feed, &listed(store, newest)?)
            }
            "articles" => atom::articles(feed, &store.newest_articles(&digest.id, IN_A_FEED)?),
            _ => return Ok(None),
        };
        Ok(Some(Page { body, media: Media::Atom, audience: Audience::Everybody }))
    }
}

fn everybodys(html: String) -> Option<Page> {
    Some(Page::html(html, Audience::Everybody))
}

/// The editions with the first titles of their stories.
fn listed(store: &Store, editions: Vec<ArchivedEdition>) -> Result<Vec<Listed>, store::Error> {
    let with_titles = editions.into_iter().map(|edition| {
        let titles = store.story_titles(edition.id, TITLES)?;
        Ok((edition, titles))
    });
    with_titles.collect()
}

/// The language of a digest's pages: its own, or that of its newest edition.
pub(super) fn frame(store: &Store, digest: &Digest) -> Result<String, store::Error> {
    if let Some(language) = &digest.language {
        return Ok(language.clone());
    }
    let newest = store.newest_editions(&digest.id, 1)?;
    Ok(newest.into_iter().next().and_then(|edition| edition.language).unwrap_or_else(|| "en".into()))
}

/// When a month begins and ends. None where there is none of this number.
fn span((year, month): Month, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let first = NaiveDate::from_ymd_opt(year, month, 1)?;
    Some((midnight(first, zone)?, midnight(first.checked_add_months(Months::new(1))?, zone)?))
}

/// When a day begins. Where the clocks skip midnight, an hour later.
pub(super) fn midnight(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    let begins = |hour| zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest();
    begins(0).or_else(|| begins(1)).map(|at| at.to_utc())
}

/// "2026-11"
fn month(text: &str) -> Option<Month> {
    let day = NaiveDate::parse_from_str(&format!("{text}-01"), "%Y-%m-%d").ok()?;
    (text.len() == 7).then_some((day.year(), day.month()))
}

pub(super) fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|day| (1900..=9999).contains(&day.year()))
}

impl App {
    /// The page about a subscription, in the language of its digest.
    fn page(&self, subscription: &Subscription, token: &str, can_return: bool) -> Answer {
        let digest = self.config.digests.iter().find(|d| d.id == subscription.digest);
        let title = digest.map_or(subscription.digest.as_str(), |d| d.title.as_str());
        let language = digest.and_then(|d| d.language.as_deref()).unwrap_or("en");
        let gone = subscription.left.is_some().then_some((subscription.address.as_str(), can_return));
        let own_page = self.config.own_page(token).unwrap_or_default();
        let html = render::leaving(language, title, gone, (token, &own_page), &self.config.theme);
        Answer::Page(Page::html(html, Audience::Reader))
    }
}

impl PageSource for Pages {
    async fn front(&self) -> Answer {
        self.read_public(|archived, store| {
            if let [only] = archived.config.digests.as_slice() {
                return archived.list(store, only, None);
            }
            let languages = archived.config.digests.iter().map(|digest| frame(store, digest));
            let languages = languages.collect::<Result<Vec<_>, _>>()?;
            let digests = archived.config.digests.iter().zip(&languages).map(|(digest, language)| {
                let (id, title) = (digest.id.as_str(), digest.title.as_str());
                let newest = store.newest_editions(id, NEWEST_OF_EACH)?;
                Ok((ListedDigest { id, title, language, zone: digest.zone }, listed(store, newest)?))
            });
            let digests = digests.collect::<Result<Vec<_>, store::Error>>()?;
            Ok(everybodys(archive::front(&archived.site(), &digests)))
        })
        .await
    }

    async fn digest(&self, digest: String) -> Answer {
        self.read_public(move |archived, store| match archived.digest(&digest) {
            Some(digest) => archived.list(store, digest, None),
            None => Ok(None),
        })
        .await
    }

    async fn under_digest(&self, digest: String, name: String) -> Answer {
        self.read_public(move |archived, store| {
            let Some(digest) = archived.digest(&digest) else { return Ok(None) };
            match (month(&name), name.strip_suffix(".atom")) {
                (Some(month), _) => archived.list(store, digest, Some(month)),
                (None, Some(feed)) => archived.feed(store, digest, feed),
                (None, None) => Ok(None),
            }
        })
        .await
    }

    async fn search(&self, asked: SearchQuery) -> Answer {
        let config = Arc::clone(&self.app().config);
        let made = self.searcher.call(move |store| {
            let Some(archived) = Archived::of(&config).filter(|_| config.is_public()) else {
                return Ok(None);
            };
            let Some(first) = archived.config.digests.first() else { return Ok(None) };
            let digest = archived.digest(&asked.digest);
            let (language, zone) = (frame(store, digest.unwrap_or(first))?, digest.unwrap_or(first).zone);
            let (from, until) = (day(&asked.from), day(&asked.until));
            let query = Query::parse(&asked.q);
            let asked = Asked {
                query: asked.q.chars().take(MOST_CHARACTERS).collect(),
                digest: digest.map(|digest| digest.id.clone()),
                from: from.map(|day| day.to_string()).unwrap_or_default(),
                until: until.map(|day| day.to_string()).unwrap_or_default(),
                page: asked.page.parse::<usize>().unwrap_or(1).clamp(1, 1000) - 1,
            };
            let search = Search {
                digest: asked.digest.clone(),
                from: from.and_then(|day| midnight(day, zone)),
                until: until.and_then(|day| midnight(day.checked_add_days(Days::new(1))?, zone)),
                offset: asked.page * RESULTS,
                limit: RESULTS,
            };
            let mut found = query.as_ref().map(|query| store.search(query, &search)).transpose()?;
            if let Some(found) = &mut found {
                // Of a digest that the configuration names no more, only who has the link reads it.
                found.articles.retain(|found| archived.digest(&found.edition.digest).is_some());
            }
            let found = query.as_ref().zip(found.as_ref());
            let zone_of = |id: &str| archived.digest(id).map_or(zone, |digest| digest.zone);
            Ok(everybodys(archive::results(&archived.site(), &language, zone_of, &asked, found, RESULTS)))
        });
        self.answer(made.await)
    }

    async fn edition(&self, token: String, page: u32) -> Answer {
        self.read(move |config, store| {
            if config.web.is_some_and(|web| web.archive == Archive::Off) {
                return Ok(None);
            }
            let html = match store.edition_page(&token, page)? {
                None if page == 0 => {
                    // Of older editions the mail itself is the page. Whoever reads it is not known.
                    store.edition_by_token(&token)?.map(|edition| of_nobody(config, &edition))
                }
                html => html,
            };
            let (Some(html), Some((edition, (before, after)))) = (html, store.archived_edition(&token)?)
            else {
                return Ok(None);
            };
            let archived = Archived::of(config).filter(|_| config.is_public());
            let site = archived.as_ref().map(Archived::site);
            let language = edition.language.clone().unwrap_or_else(|| "en".into());
            let others = (before.as_ref(), after.as_ref());
            let html = archive::around(site.as_ref(), &language, &config.theme, &html, &edition, others);
            let is_listed = site.is_some() && config.digests.iter().any(|digest| digest.id == edition.digest);
            let audience = if is_listed { Audience::Everybody } else { Audience::Holder };
            Ok(Some(Page::html(html, audience)))
        })
        .await
    }

    async fn ask(&self, token: String) -> Answer {
        let app = self.app();
        let found = self.reader.call({
            let token = token.clone();
            move |store| subscription_of(store, &token)
        });
        match found.await {
            Ok(Some((subscription, can_return))) => app.page(&subscription, &token, can_return),
            Ok(None) => self.not_found(),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }

    async fn leave(&self, token: String) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let left = app.db.call({
            let token = token.clone();
            move |store| {
                store.leave(&token, now)?;
                subscription_of(store, &token)
            }
        });
        match left.await {
            Ok(Some((subscription, can_return))) => {
                tracing::info!(digest = subscription.digest, "a reader has left");
                app.page(&subscription, &token, can_return)
            }
            Ok(None) => self.not_found(),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }

    async fn come_back(&self, token: String) -> Answer {
        self.take_back(token).await
    }

    async fn join_form(&self, digest: Option<String>) -> Answer {
        self.show_form(digest).await
    }

    async fn join(&self, form: Form, client: Client) -> Answer {
        self.ask_to_join(form, client).await
    }

    async fn ask_again(&self, token: String) -> Answer {
        self.show_question(token).await
    }

    async fn confirm(&self, token: String) -> Answer {
        self.confirm_signup(token).await
    }

    async fn own_page(&self, token: String) -> Answer {
        self.show_own_page(token).await
    }

    async fn save(&self, token: String, form: Form) -> Answer {
        self.save_wishes(token, form).await
    }

    fn not_found(&self) -> Answer {
        self.nothing()
    }

    fn busy(&self) -> String {
        self.missing(Missing::Busy)
    }

    fn unavailable(&self) -> String {
        self.missing(Missing::Unavailable)
    }

    async fn health(&self) -> Result<(), String> {
        let app = self.app();
        let silent = Utc::now() - app.last_alive();
        if silent > chrono::Duration::minutes(15) {
            return Err(format!("the daemon has done nothing for {} minutes", silent.num_minutes()));
        }
        self.reader.call(|store| store.pruned()).await.map(drop).map_err(|e| e.to_string())
    }

    async fn metrics(&self) -> Result<Vec<Gauge>, String> {
        metrics::gauges(&self.app()).await
    }
}

/// The subscription of a token, and whether its reader can come back once they have left.
fn subscription_of(store: &Store, token: &str) -> Result<Option<(Subscription, bool)>, store::Error> {
    let Some(subscription) = store.subscription(token)? else { return Ok(None) };
    let can_return = !is_unwritable(store, &subscription.address)?;
    Ok(Some((subscription, can_return)))
}

/// The mail as a page, without what is of one reader: their link, whatever `public_url` was then.
fn of_nobody(config: &Config, edition: &PublishedEdition) -> String {
    let html = render::in_one_file(&edition.frozen);
    let by_mail = config.unsubscribe(Digest::base_of(&edition.digest));
    let mut page = String::with_capacity(html.len());
    let mut rest = html.as_str();
    while let Some((before, after)) = rest.split_once(READERS_TOKEN) {
        match before.rsplit_once("href=\"") {
            Some((before, link)) if !link.contains('"') => {
                page.push_str(before);
                page.push_str("href=\"");
                page.push_str(&by_mail);
            }
            _ => page.push_str(before),
        }
        rest = after;
    }
    page.push_str(rest);
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_days_are_those_of_the_zone() {
        let zone = Tz::Europe__Berlin;
        let (from, until) = span((2026, 10), zone).unwrap();
        assert_eq!(
            (from.to_rfc3339(), until.to_rfc3339()),
            ("2026-09-30T22:00:00+00:00".into(), "2026-10-31T23:00:00+00:00".into())
        );
        // In 2018 the clocks of São Paulo skipped the first hour of a Sunday.
        let day = NaiveDate::from_ymd_opt(2018, 11, 4).unwrap();
        assert_eq!(midnight(day, Tz::America__Sao_Paulo).unwrap().to_rfc3339(), "2018-11-04T03:00:00+00:00");
        assert_eq!(month("2026-11"), Some((2026, 11)));
        for wrong in ["2026-13", "2026-1", "26-11", "2026-011", "daily", "+2026-11"] {
            assert_eq!(month(wrong), None, "{wrong}");
        }
    }
}
