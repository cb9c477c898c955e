//! Readers who join by a form, confirm by a link, and say on a page of their own what they want. Whoever
//! asks is told the same, whether or not their address is known; and a GET changes nothing, since
//! programs follow links too.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};

use super::pages::{Archived, Pages, day, frame, midnight};
use super::publish::{queue_copy, recipients_of};
use crate::config::{Config, Digest};
use crate::deliver::message;
use crate::model::{Address, Format, Mailbox};
use crate::render::readers::{
    self as view, ADDRESS, Again, DIGEST, FORMAT, LEAVE_ALL, NAME, OFTEN, Offer, PAUSE, SHOWN, TRAP, Typed,
    Wishes,
};
use crate::store::{self, Consent, Joined, Preferences, Signup, Store, SubscriptionRow};
use crate::text::one_line;
use crate::web::{Answer, Audience, Client, Form, Page};

/// For so long a link confirms.
const CONFIRMS: Duration = Duration::hours(48);
/// For so long it is counted who asked.
const COUNTED: Duration = Duration::hours(24);
/// Mails to an address, and those that a network asks for, in that time. Of a network that nobody
/// knows it may be everybody's.
const BY_ADDRESS: usize = 3;
const BY_NETWORK: usize = 5;
const BY_UNKNOWN: usize = 100;
/// No person fills in a form so quickly, or takes so long.
const TOO_QUICK: Duration = Duration::seconds(2);
const TOO_OLD: Duration = Duration::hours(24);

const FORM: &str = "the form";
const OWN_PAGE: &str = "their own page";

/// Says when a form was shown so that nobody can say it of themselves: with a hash of it that is keyed
/// (SipHash) anew by each start of the program.
#[derive(Clone, Default)]
pub(super) struct Stamps(Arc<RandomState>);

/// What a form says of when it was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    TooQuick,
    Plausible,
    /// Old, of another start, or of a form on another page.
    Unknown,
}

impl Stamps {
    fn now(&self, now: DateTime<Utc>) -> String {
        let seconds = now.timestamp();
        format!("{seconds}.{:016x}", self.0.hash_one(seconds))
    }

    fn age(&self, stamp: &str, now: DateTime<Utc>) -> Age {
        let seconds = stamp.split('.').next().and_then(|seconds| seconds.parse().ok());
        let Some(shown) = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) else {
            return Age::Unknown;
        };
        match now - shown {
            _ if self.now(shown) != stamp => Age::Unknown,
            age if age < TOO_QUICK => Age::TooQuick,
            age if age > TOO_OLD => Age::Unknown,
            _ => Age::Plausible,
        }
    }
}

/// Whether somebody who asked so often may have another mail.
fn admits(asked: store::Asked, is_network_known: bool) -> bool {
    let most = if is_network_known { BY_NETWORK } else { BY_UNKNOWN };
    asked.by_address < BY_ADDRESS && asked.by_network < most
}

fn readers_page(html: String) -> Answer {
    Answer::Page(Page::html(html, Audience::Reader))
}

/// The digests that can be joined; `chosen` says which are.
fn offers(config: &Config, chosen: impl Fn(&Digest) -> bool) -> Vec<Offer> {
    let open = config.digests.iter().filter(|digest| digest.signup);
    open.map(|digest| Offer { id: digest.id.clone(), title: digest.title.clone(), is_chosen: chosen(digest) })
        .collect()
}

/// The names of those of these digests that there are.
fn titles(config: &Config, digests: &[String]) -> String {
    let named = config.digests.iter().filter(|digest| digests.contains(&digest.id));
    view::titles(named.map(|digest| digest.title.as_str()))
}

/// The language of the pages and mails about these digests.
fn language(config: &Config, store: &Store, digests: &[String]) -> Result<String, store::Error> {
    let first = config.digests.iter().find(|digest| digests.contains(&digest.id));
    first.or(config.digests.first()).map_or_else(|| Ok("en".into()), |digest| frame(store, digest))
}

fn is_named(config: &Config, digest: &Digest, address: &str) -> bool {
    config.recipients_of(digest).any(|known| known.email.as_str().eq_ignore_ascii_case(address))
}

/// Whether somebody once joined a digest by themselves, or was taken in.
fn has_joined(known: &[SubscriptionRow], digest: &str) -> bool {
    known.iter().any(|row| row.digest == digest && row.consent.is_some())
}

/// Whether an address gets a digest, apart from what its reader wants of all.
fn gets(config: &Config, digest: &Digest, address: &str, known: &[SubscriptionRow]) -> bool {
    match known.iter().find(|row| row.digest == digest.id) {
        Some(SubscriptionRow { left: Some(_), .. }) => false,
        Some(SubscriptionRow { consent: Some(_), .. }) => true,
        _ => is_named(config, digest, address),
    }
}

impl Pages {
    /// The form to join by.
    pub(super) async fn show_form(&self, digest: Option<String>) -> Answer {
        let shown = self.stamps.now(Utc::now());
        let made = self.read_any(move |config, store| {
            let Some(archived) = Archived::of(config) else { return Ok(None) };
            let is_chosen = |known: &Digest| digest.as_ref().is_none_or(|digest| *digest == known.id);
            let offers = offers(config, is_chosen);
            if offers.is_empty() {
                return Ok(None);
            }
            let ids: Vec<String> =
                offers.iter().filter(|offer| offer.is_chosen).map(|offer| offer.id.clone()).collect();
            let language = language(config, store, &ids)?;
            let typed = Typed { shown, ..Typed::default() };
            Ok(Some(view::join(&archived.site(), &language, &offers, &typed, None)))
        });
        self.shown(made.await)
    }

    /// Somebody asks to join.
    pub(super) async fn ask_to_join(&self, form: Form, client: Client) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let (age, shown) = (self.stamps.age(form.get(SHOWN), now), self.stamps.now(now));
        let Ok((token, page_token)) = message::random().and_then(|token| Ok((token, message::random()?)))
        else {
            return Answer::Unavailable("the machine has no randomness to give".into());
        };
        let config = app.config.clone();
        let made = app.db.call(move |store| {
            let Some(archived) = Archived::of(&config) else { return Ok(None) };
            let chosen: Vec<&str> = form.all(DIGEST).collect();
            let offers = offers(&config, |digest| chosen.contains(&digest.id.as_str()));
            if offers.is_empty() {
                return Ok(None);
            }
            let digests: Vec<String> =
                offers.iter().filter(|offer| offer.is_chosen).map(|offer| offer.id.clone()).collect();
            let language = language(&config, store, &digests)?;
            let name = one_line(form.get(NAME), 80);
            let typed = Typed {
                address: form.get(ADDRESS).chars().take(254).collect(),
                name: name.clone().unwrap_or_default(),
                shown,
            };
            let site = archived.site();
            // One that was cut off would be another.
            let address: Option<Address> = Some(form.get(ADDRESS))
                .filter(|typed| typed.len() <= 254)
                .and_then(|typed| typed.parse().ok());
            let Some(address) = address.filter(|_| !digests.is_empty()) else {
                let again = view::join(&site, &language, &offers, &typed, Some(Again::Wrong));
                return Ok(Some(again));
            };
            // A robot learns nothing from the answer.
            let is_robot = !form.get(TRAP).is_empty() || age == Age::TooQuick;
            if !is_robot && age == Age::Unknown {
                let again = view::join(&site, &language, &offers, &typed, Some(Again::Unsure));
                return Ok(Some(again));
            }
            let asked = store.asked(address.as_str(), client.0.as_deref(), now - COUNTED)?;
            if !is_robot && admits(asked, client.0.is_some()) {
                let mailbox = Mailbox { name, address: address.clone() };
                let signup = Signup {
                    address: address.to_string(),
                    name: mailbox.name.clone(),
                    digests,
                    source: FORM.into(),
                    requested: now,
                    is_confirmed: false,
                };
                // Of somebody who was forgotten, not even that they asked is known.
                if !store.is_forgotten(address.as_str())? {
                    answer_signup(&config, store, &signup, &mailbox, (&token, &page_token), &language)?;
                    store.sign_up(&signup, &token, client.0.as_deref())?;
                }
            }
            Ok::<_, store::Error>(Some(view::asked(&site, &language, address.as_str())))
        });
        let made = made.await;
        self.letters.notify_one();
        self.shown(made)
    }

    /// Whether whoever asked wants to join.
    pub(super) async fn show_question(&self, token: String) -> Answer {
        let made = self.read_any(move |config, store| {
            let Some(archived) = Archived::of(config) else { return Ok(None) };
            let Some(signup) = store.signup(&token, Utc::now() - CONFIRMS)? else { return Ok(None) };
            if signup.is_confirmed {
                return done_already(config, store, &archived, &signup);
            }
            let language = language(config, store, &signup.digests)?;
            let title = titles(config, &signup.digests);
            Ok(Some(view::confirm(&archived.site(), &language, &signup.address, &title)))
        });
        self.shown(made.await)
    }

    /// They do.
    pub(super) async fn confirm_signup(&self, token: String) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let config = app.config.clone();
        let made = app.db.call(move |store| {
            let Some(archived) = Archived::of(&config) else { return Ok(None) };
            let Some(signup) = store.signup(&token, now - CONFIRMS)? else { return Ok(None) };
            if signup.is_confirmed {
                return done_already(&config, store, &archived, &signup);
            }
            let Ok(address) = signup.address.parse::<Address>() else { return Ok(None) };
            let mailbox = Mailbox { name: signup.name.clone(), address };
            let consent = Consent { source: signup.source.clone(), requested: signup.requested, joined: now };
            let (mut last, mut joined) = (None, Vec::new());
            let known = store.subscriptions_of(&signup.address)?;
            let has_left = |digest: &str| {
                known.iter().any(|row| row.digest == digest && row.left > Some(signup.requested))
            };
            // Much may have happened since they asked.
            for digest in offers(&config, |digest| signup.digests.contains(&digest.id)) {
                let fresh = message::random().map_err(store::Error::NoRandomness)?;
                let is_open = digest.is_chosen
                    && !has_left(&digest.id)
                    && store.subscribe(&digest.id, &mailbox, &consent, &fresh, true)? != Joined::Unwanted;
                if is_open {
                    last = last.or(store.newest_editions(&digest.id, 1)?.into_iter().next());
                    joined.push(digest.id);
                }
            }
            store.end_signup(&token, now)?;
            let Some(first) = joined.first() else { return Ok(None) };
            // Who asks for mails wants some.
            let preferences = store.preferences(&signup.address)?;
            if preferences.paused_until.is_some() {
                store.prefer(&signup.address, &Preferences { paused_until: None, ..preferences })?;
            }
            let (language, title) = (language(&config, store, &joined)?, titles(&config, &joined));
            if let Some(page) =
                store.subscription_of(first, &signup.address)?.and_then(|token| config.own_page(&token))
            {
                let last = last.and_then(|edition| config.web_edition(&edition.token));
                let sender = config.mail.from.to_string();
                let (subject, text) =
                    view::welcome_letter(&language, &title, &page, last.as_deref(), &sender);
                store.write_letter(&mailbox, (&subject, &text), now, CONFIRMS)?;
            }
            tracing::info!(digests = title, "a reader has joined");
            Ok::<_, store::Error>(Some(view::confirmed(&archived.site(), &language, &signup.address, &title)))
        });
        let made = made.await;
        self.letters.notify_one();
        self.shown(made)
    }

    /// A reader's own page.
    pub(super) async fn show_own_page(&self, token: String) -> Answer {
        let made = self.read_any(move |config, store| own_page(config, store, &token, false));
        self.shown(made.await)
    }

    /// What the reader wants from now on.
    pub(super) async fn save_wishes(&self, token: String, form: Form) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let config = app.config.clone();
        let made = app.db.call(move |store| {
            let Some(reader) = store.subscription(&token)? else { return Ok(None) };
            // Whatever else is sent here, such as a provider's One-Click, is not the form of the page.
            if form.get(OFTEN).is_empty() && form.get(LEAVE_ALL).is_empty() {
                return own_page(&config, store, &token, false);
            }
            save(&config, store, &reader.address, &form, now)?;
            own_page(&config, store, &token, true)
        });
        self.shown(made.await)
    }

    /// A reader who has left comes back.
    pub(super) async fn take_back(&self, token: String) -> Answer {
        let (app, now) = (self.app(), Utc::now());
        let config = app.config.clone();
        let made = app.db.call(move |store| {
            let Some(archived) = Archived::of(&config) else { return Ok(None) };
            let Some(reader) = store.subscription(&token)? else { return Ok(None) };
            let known = store.subscriptions_of(&reader.address)?;
            let digest = config.digests.iter().find(|digest| digest.id == reader.digest);
            if !digest.is_some_and(|digest| {
                has_joined(&known, &digest.id) || is_named(&config, digest, &reader.address)
            }) || is_unwritable(store, &reader.address)?
            {
                return Ok(None);
            }
            store.come_back(&token, now)?;
            let digests = [reader.digest.clone()];
            let language = language(&config, store, &digests)?;
            let title = titles(&config, &digests);
            Ok::<_, store::Error>(Some(view::confirmed(&archived.site(), &language, &reader.address, &title)))
        });
        self.shown(made.await)
    }

    fn shown(&self, made: Result<Option<String>, store::Error>) -> Answer {
        match made {
            Ok(Some(html)) => readers_page(html),
            Ok(None) => self.nothing(),
            Err(e) => Answer::Unavailable(e.to_string()),
        }
    }
}

/// Writes to whoever asked: the link to confirm by; or, who gets it all already, the one to their own page.
fn answer_signup(
    config: &Config,
    store: &Store,
    signup: &Signup,
    mailbox: &Mailbox,
    (token, page_token): (&str, &str),
    language: &str,
) -> Result<(), store::Error> {
    let address = signup.address.as_str();
    if store.suppression(address)?.is_some() {
        return Ok(());
    }
    let known = store.subscriptions_of(address)?;
    let chosen = || config.digests.iter().filter(|digest| signup.digests.contains(&digest.id));
    let is_reader = chosen().all(|digest| gets(config, digest, address, &known));
    let title = titles(config, &signup.digests);
    let sender = config.mail.from.to_string();
    let written = if is_reader {
        let Some(digest) = signup.digests.first() else { return Ok(()) };
        // Whom the configuration names has a token once they got an edition.
        let token = store.token(digest, address, page_token)?;
        let page = token.and_then(|token| config.own_page(&token));
        page.map(|page| view::known_letter(language, &title, &page, &sender))
    } else {
        config.confirm_page(token).map(|page| view::confirm_letter(language, &title, &page, &sender))
    };
    // Nobody has confirmed the name: it might be an advertisement, sent to a stranger by us.
    let nameless = Mailbox { name: None, address: mailbox.address.clone() };
    match written {
        Some((subject, text)) => store.write_letter(&nameless, (&subject, &text), signup.requested, CONFIRMS),
        None => Ok(()),
    }
}

/// What a link says that has done its work: what it did, if that still holds.
fn done_already(
    config: &Config,
    store: &Store,
    archived: &Archived,
    signup: &Signup,
) -> Result<Option<String>, store::Error> {
    let known = store.subscriptions_of(&signup.address)?;
    let still: Vec<String> = config
        .digests
        .iter()
        .filter(|digest| signup.digests.contains(&digest.id))
        .filter(|digest| gets(config, digest, &signup.address, &known))
        .map(|digest| digest.id.clone())
        .collect();
    if still.is_empty() {
        return Ok(None);
    }
    let language = language(config, store, &still)?;
    Ok(Some(view::confirmed(&archived.site(), &language, &signup.address, &titles(config, &still))))
}

/// The page of the reader of a token.
fn own_page(
    config: &Config,
    store: &Store,
    token: &str,
    is_saved: bool,
) -> Result<Option<String>, store::Error> {
    let Some(archived) = Archived::of(config) else { return Ok(None) };
    let Some(reader) = store.subscription(token)? else { return Ok(None) };
    let (known, preferences) =
        (store.subscriptions_of(&reader.address)?, store.preferences(&reader.address)?);
    let language = language(config, store, &[reader.digest])?;
    let is_offered = |digest: &&Digest| {
        digest.signup || has_joined(&known, &digest.id) || is_named(config, digest, &reader.address)
    };
    let offers = config.digests.iter().filter(is_offered).map(|digest| Offer {
        id: digest.id.clone(),
        title: digest.title.clone(),
        is_chosen: gets(config, digest, &reader.address, &known),
    });
    let named = config.recipients.iter().find(|known| known.is_called(&reader.address));
    let wishes = Wishes {
        format: preferences.format.or(named.map(|known| known.format)).unwrap_or(Format::Html),
        weekly: preferences.weekly,
        paused_until: preferences
            .paused_until
            .filter(|until| *until > Utc::now())
            .map(|until| until.with_timezone(&config.zone).date_naive().to_string())
            .unwrap_or_default(),
        offers: offers.collect(),
    };
    Ok(Some(view::own_page(&archived.site(), &language, &reader.address, &wishes, is_saved)))
}

fn save(
    config: &Config,
    store: &Store,
    address: &str,
    form: &Form,
    now: DateTime<Utc>,
) -> Result<(), store::Error> {
    let Ok(parsed) = address.parse::<Address>() else { return Ok(()) };
    let leaves_all = !form.get(LEAVE_ALL).is_empty();
    let known = store.subscriptions_of(address)?;
    let wanted: Vec<&str> = form.all(DIGEST).collect();
    let consent = Consent { source: OWN_PAGE.into(), requested: now, joined: now };
    for digest in &config.digests {
        let is_reader = gets(config, digest, address, &known);
        let wants = !leaves_all && wanted.contains(&digest.id.as_str());
        let fresh = message::random().map_err(store::Error::NoRandomness)?;
        if is_reader && !wants {
            if let Some(token) = store.token(&digest.id, address, &fresh)? {
                store.leave(&token, now)?;
            }
        } else if !is_reader && wants && is_named(config, digest, address) {
            // For as long as the configuration names them.
            if let Some(token) = store.subscription_of(&digest.id, address)? {
                store.come_back(&token, now)?;
            }
        } else if !is_reader && wants && (digest.signup || has_joined(&known, &digest.id)) {
            let mailbox = Mailbox { name: None, address: parsed.clone() };
            store.subscribe(&digest.id, &mailbox, &consent, &fresh, true)?;
        }
    }
    // Also what the configuration names no more, and may again.
    for row in known.iter().filter(|row| leaves_all && row.left.is_none()) {
        if let Some(token) = store.subscription_of(&row.digest, address)? {
            store.leave(&token, now)?;
        }
    }
    if leaves_all {
        return Ok(());
    }
    let paused_until = match form.get(PAUSE) {
        "" => None,
        // What is no day changes nothing.
        typed => match day(typed) {
            Some(day) => midnight(day, config.zone),
            None => store.preferences(address)?.paused_until,
        },
    };
    let paused_until = paused_until.filter(|until| *until > now);
    let before = store.preferences(address)?;
    let weekly = form.get(OFTEN) == "weekly";
    // What waits is what they want no more: what the week has of it comes with the week.
    if paused_until.is_some() || (weekly && !before.weekly) {
        store.recall(address, now)?;
    }
    let preferences = Preferences {
        format: match form.get(FORMAT) {
            "text" => Some(Format::Text),
            "html" => Some(Format::Html),
            "epub" => Some(Format::Epub),
            _ => None,
        },
        paused_until,
        weekly,
    };
    store.prefer(address, &preferences)?;
    if before.weekly && !weekly && paused_until.is_none() {
        send_missed(config, store, &parsed, now)?;
    }
    Ok(())
}

/// Whoever wants every edition again in the middle of a week gets those since its last: nothing else has
/// what they had.
fn send_missed(
    config: &Config,
    store: &Store,
    address: &Address,
    now: DateTime<Utc>,
) -> Result<(), store::Error> {
    for digest in &config.digests {
        let all = recipients_of(config, store, &digest.id)?;
        let Some(recipient) = all.iter().find(|known| known.is_called(address.as_str())) else { continue };
        let last = store.newest_edition(&digest.weekly().id)?.map(|(_, published)| published);
        let since = (now - Duration::days(7)).max(last.unwrap_or(DateTime::UNIX_EPOCH));
        for edition in store.editions_missed_by(&digest.id, address.as_str(), since)? {
            if let Err(e) = queue_copy(config, store, &edition, recipient, now) {
                tracing::error!(digest = digest.id, "cannot send a reader an edition of this week: {e}");
            }
        }
    }
    Ok(())
}

/// Whether mails go to an address at all.
pub(super) fn is_unwritable(store: &Store, address: &str) -> Result<bool, store::Error> {
    Ok(store.suppression(address)?.is_some() || store.is_forgotten(address)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_believed_when_it_says_what_we_said() {
        let now: DateTime<Utc> = "2026-11-29T12:00:00Z".parse().unwrap();
        let stamps = Stamps::default();
        let stamp = stamps.now(now);
        let after = |seconds| stamps.age(&stamp, now + Duration::seconds(seconds));
        assert_eq!((after(1), after(5), after(90_000)), (Age::TooQuick, Age::Plausible, Age::Unknown));
        let (seconds, tag) = stamp.split_once('.').unwrap();
        let forged = format!("{}.{tag}", seconds.parse::<i64>().unwrap() - 10);
        for wrong in ["", ".", "x", &forged, seconds] {
            assert_eq!(stamps.age(wrong, now), Age::Unknown, "{wrong}");
        }
        assert_eq!(Stamps::default().age(&stamp, now + Duration::seconds(5)), Age::Unknown);
    }

    #[test]
    fn an_address_and_a_network_get_a_handful_of_mails() {
        let asked = |by_address, by_network| store::Asked { by_address, by_network };
        assert!(admits(asked(2, 4), true) && admits(asked(0, 50), false));
        assert!(!admits(asked(3, 0), true) && !admits(asked(0, 5), true) && !admits(asked(0, 100), false));
    }
}
