//! `[[digest]]`: who gets what, and when.

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use url::Url;

use super::super::document::{At, Table, duration, size};
use super::super::unknown::hint;
use super::super::{Digest, DigestEditor, Editor, EditorOverrides, FeedSettings, Order};
use super::recipients::Recipients;
use super::{HOUR, Resolver, mailbox, words, zone};
use crate::model::Images;
use crate::schedule::Schedule;
use crate::story::Updates;

const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
/// The sender and the date stand beside it in every inbox.
const DEFAULT_SUBJECT: &str = "{lead}";
/// To so many recipients, pictures travel in the mail unless the owner says otherwise.
const MOST_EMBEDDED: usize = 50;
/// Gmail clips a mail near 102 kB; this leaves room for what forwarding adds.
const DEFAULT_MAX_HTML: usize = 90_000;

/// Carried in the mail they are shown without a click, and no publisher learns who reads; for a list
/// of readers, that is much to send.
fn default_images(recipients: usize) -> Images {
    if recipients <= MOST_EMBEDDED { Images::Embed } else { Images::First }
}

impl Resolver<'_> {
    pub(super) fn digests(
        &self,
        zone: Tz,
        feeds: &[FeedSettings],
        editor: Option<&Editor>,
        recipients: &mut Recipients,
    ) -> Vec<Digest> {
        let tables = self.root.tables("digest");
        let is_everybody_named = !tables.is_empty() && tables.iter().all(|table| table.has("to"));
        let is_joined = tables.iter().any(|table| table.has("signup"));
        if recipients.all.is_empty() && !self.root.has("recipient") && !is_everybody_named && !is_joined {
            self.findings.missing(
                "nobody is named to send to",
                "add a `[[recipient]]` table with `email = \"you@example.org\"`",
            );
        }
        if tables.is_empty() && !self.root.has("digest") {
            let every_morning = Schedule::at(&[morning()], &EVERY_DAY);
            return every_morning
                .map(|schedule| Digest {
                    id: "daily".into(),
                    title: "Daily Tidings".into(),
                    subject: DEFAULT_SUBJECT.into(),
                    schedule,
                    zone,
                    feeds: (0..feeds.len()).collect(),
                    order: Order::Newest,
                    max_html: DEFAULT_MAX_HTML,
                    images: default_images(recipients.all.len()),
                    send_empty: false,
                    catch_up: 12 * HOUR,
                    updates: Updates::Note,
                    to: (0..recipients.all.len()).collect(),
                    ping: None,
                    language: language_of_readers(editor),
                    signup: false,
                    editor: editor
                        .map(|editor| DigestEditor::of(editor, EditorOverrides::default(), None, None)),
                    as_book: false,
                    week_of: None,
                })
                .into_iter()
                .collect();
        }
        let mut digests: Vec<Digest> = Vec::new();
        for table in &tables {
            if let Some(digest) = self.digest(table, zone, feeds, editor, recipients) {
                if digests.iter().any(|d| d.id == digest.id) {
                    table.wrong(
                        table.span_of("id"),
                        format!("there is another digest `{}`", digest.id),
                        "give each digest an `id` of its own",
                    );
                }
                digests.push(digest);
            }
        }
        digests
    }

    fn digest(
        &self,
        table: &Table<'_>,
        zone_of_all: Tz,
        feeds: &[FeedSettings],
        editor: Option<&Editor>,
        recipients: &mut Recipients,
    ) -> Option<Digest> {
        let id = table.parsed("id", "\"morning\"", plain_id);
        let title = table.parsed("title", "\"Morning News\"", words);
        let subject = table.parsed("subject", "\"{title} · {date}\"", subject);
        let zone = table.parsed("timezone", "\"Europe/Berlin\"", zone).map_or(zone_of_all, |z| z.value);
        let schedule = self.schedule(table);
        let feeds = self.feeds_of(table, feeds);
        let to = self.recipients_of(table, recipients);
        let order = table
            .choice("order", &[("newest", Order::Newest), ("feed", Order::Feed), ("top", Order::Top)])
            .unwrap_or(Order::Newest);
        let max_html = table
            .parsed("max_html", "\"90kB\"", |t| match size(t)? {
                n if n < 20_000 => Err("an edition needs at least 20kB".into()),
                n => usize::try_from(n).map_err(|e| e.to_string()),
            })
            .map_or(DEFAULT_MAX_HTML, |n| n.value);
        let images = table
            .choice(
                "images",
                &[
                    ("first", Images::First),
                    ("none", Images::None),
                    ("all", Images::All),
                    ("embed", Images::Embed),
                ],
            )
            .unwrap_or_else(|| default_images(to.len()));
        let send_empty = table.boolean("send_empty").unwrap_or(false);
        let catch_up = table.parsed("catch_up", "\"12h\"", duration).map_or(12 * HOUR, |d| d.value);
        let updates = table
            .choice(
                "updates",
                &[("note", Updates::Note), ("ignore", Updates::Ignore), ("resend", Updates::Resend)],
            )
            .unwrap_or(Updates::Note);
        let language = table.parsed("language", "\"en\"", language).map(|l| l.value);
        let language = language.or_else(|| language_of_readers(editor));
        let ping = table.parsed("ping", "\"https://hc.example.org/ping/4f6d\"", ping).map(|p| p.value);
        let own = self.overrides(table);
        let briefing = table.boolean("briefing");
        let max_tokens = table.number("max_tokens_per_edition", 1000..=1_000_000_000);
        let signup = table.boolean("signup").unwrap_or(false);
        if signup && !(self.root.has("web") && self.root.has("public_url")) {
            table.wrong(
                table.span_of("signup"),
                "nobody can reach the form to join by",
                "add `public_url` and `[web]` with `listen`, behind a server that speaks https",
            );
        }
        Some(Digest {
            id: id.map_or_else(|| "daily".into(), |i| i.value),
            title: title.map_or_else(|| "Daily Tidings".into(), |t| t.value),
            subject: subject.map_or_else(|| DEFAULT_SUBJECT.into(), |s| s.value),
            schedule: schedule?,
            zone,
            feeds,
            order,
            max_html,
            images,
            send_empty,
            catch_up,
            updates,
            to,
            ping,
            language,
            signup,
            editor: editor.map(|editor| DigestEditor::of(editor, own, briefing, max_tokens)),
            as_book: false,
            week_of: None,
        })
    }

    fn schedule(&self, table: &Table<'_>) -> Option<Schedule> {
        let at = table.strings("at", "\"07:30\"");
        let days = table.strings("days", "[\"mon\", \"thu\"]");
        let cron = table.parsed("cron", "\"30 7 * * 1-5\"", Schedule::cron);
        if table.has("cron") {
            if let Some(other) = ["at", "days"].into_iter().find(|key| table.has(key)) {
                table.wrong(
                    table.span_of(other),
                    format!("`{other}` and `cron` both say when"),
                    "keep one of them",
                );
            }
            return cron.map(|c| c.value);
        }
        // What is wrong with a time is said once.
        let mut is_wrong = (at.is_none() && table.has("at")) || (days.is_none() && table.has("days"));
        let mut times = Vec::new();
        for text in at.unwrap_or_default() {
            match NaiveTime::parse_from_str(text.value, "%H:%M") {
                Ok(time) => times.push(time),
                Err(_) => {
                    is_wrong = true;
                    let meant = time_meant(text.value).unwrap_or_else(|| "07:30".into());
                    table.wrong(
                        text.span,
                        format!("`{}` is not a time of day", text.value),
                        format!("write hours and minutes, such as \"{meant}\""),
                    );
                }
            }
        }
        if !table.has("at") {
            times.push(morning());
        }
        let mut weekdays = Vec::new();
        for text in days.unwrap_or_default() {
            match text.value {
                "daily" => weekdays.extend(EVERY_DAY),
                "weekdays" => weekdays.extend(EVERY_DAY.iter().take(5)),
                "weekends" => weekdays.extend(EVERY_DAY.iter().skip(5)),
                day => match day.parse() {
                    Ok(day) => weekdays.push(day),
                    Err(_) => {
                        is_wrong = true;
                        table.wrong(
                            text.span,
                            format!("`{day}` is not a day"),
                            "mon, tue, wed, thu, fri, sat, sun, daily, weekdays or weekends",
                        );
                    }
                },
            }
        }
        if !table.has("days") {
            weekdays.extend(EVERY_DAY);
        }
        if is_wrong {
            return None;
        }
        times.sort_unstable();
        times.dedup();
        match Schedule::at(&times, &weekdays) {
            Ok(schedule) => Some(schedule),
            Err(message) => {
                table.wrong(
                    table.span_of(if times.is_empty() { "at" } else { "days" }),
                    message,
                    "such as at = \"07:30\", days = [\"daily\"]",
                );
                None
            }
        }
    }

    fn feeds_of(&self, table: &Table<'_>, feeds: &[FeedSettings]) -> Vec<usize> {
        let Some(names) = table.strings("feeds", "[\"dw\", \"section:World\"]") else {
            return (0..feeds.len()).collect();
        };
        if names.is_empty() {
            table.wrong(
                table.span_of("feeds"),
                "this digest names no feed",
                "leave `feeds` out for all of them",
            );
        }
        let mut chosen = Vec::new();
        for At { value: name, span } in names {
            let matching: Vec<_> = feeds
                .iter()
                .enumerate()
                .filter(|(_, settings)| match name.strip_prefix("section:") {
                    Some(section) => settings.feed.section.as_deref() == Some(section),
                    None => settings.feed.id == name,
                })
                .map(|(index, _)| index)
                .collect();
            if matching.is_empty() {
                let mut sections: Vec<_> = feeds.iter().filter_map(|f| f.feed.section.clone()).collect();
                sections.sort_unstable();
                sections.dedup();
                if let Some(section) = name.strip_prefix("section:") {
                    let message = format!("no feed is in the section `{section}`");
                    let help = match sections.as_slice() {
                        [] => "give feeds a `section` first".into(),
                        sections => format!("the sections are {}", sections.join(", ")),
                    };
                    table.wrong(span, message, help);
                    continue;
                }
                let sections: Vec<_> = sections.iter().map(|s| format!("section:{s}")).collect();
                let ids = feeds.iter().map(|f| f.feed.id.as_str());
                let known: Vec<_> = ids.chain(sections.iter().map(String::as_str)).collect();
                table.wrong(span, format!("there is no feed `{name}`"), hint(name, known));
            }
            chosen.extend(matching);
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    fn recipients_of(&self, table: &Table<'_>, recipients: &mut Recipients) -> Vec<usize> {
        let Some(names) = table.strings("to", "[\"ada\"]") else {
            return recipients.of_tables().collect();
        };
        if names.is_empty() {
            table.wrong(
                table.span_of("to"),
                "this digest goes to nobody",
                "leave `to` out for every recipient",
            );
        }
        let mut chosen = Vec::new();
        for At { value: name, span } in names {
            if let Some(these) = recipients.named(name) {
                chosen.extend_from_slice(these);
                continue;
            }
            match mailbox(name) {
                // Whoever is named by an address needs no table.
                Ok(mailbox) if name.contains('@') => {
                    let address = mailbox.address.as_str();
                    let near =
                        recipients.names().find(|known| strsim::damerau_levenshtein(known, address) <= 2);
                    if let Some(near) = near {
                        self.findings.warn(
                            span,
                            format!(
                                "{address} is another mailbox than {near}, which this digest does not go to"
                            ),
                        );
                    }
                    chosen.push(recipients.add_named(mailbox));
                }
                Err(message) if name.contains('@') => {
                    table.wrong(span, message, "such as \"Ada <ada@example.org>\"");
                }
                _ => {
                    let known: Vec<_> = recipients.names().collect();
                    table.wrong(span, format!("there is no recipient `{name}`"), hint(name, known));
                }
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }
}

/// Who has everything written in their language wants the frame in it too.
fn language_of_readers(editor: Option<&Editor>) -> Option<String> {
    editor?.language.clone().filter(|language| crate::render::speaks(language))
}

fn morning() -> NaiveTime {
    NaiveTime::from_hms_opt(7, 30, 0).unwrap_or_default()
}

fn ping(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(url),
        _ => Err(format!("`{text}` is no http or https address")),
    }
}

fn language(text: &str) -> Result<String, String> {
    if crate::render::speaks(text) {
        return Ok(text.to_owned());
    }
    let lower = text.trim().to_lowercase().replace('_', "-");
    let meant = match lower.as_str() {
        "zh" | "zh-cn" | "zh-sg" | "cn" | "chinese" | "simplified chinese" | "中文" | "简体中文" => {
            "zh-Hans"
        }
        "zh-tw" | "zh-hk" | "zh-mo" | "tw" | "traditional chinese" | "繁體中文" => "zh-Hant",
        "english" => "en",
        "german" | "deutsch" => "de",
        "french" | "français" => "fr",
        "spanish" | "español" => "es",
        "japanese" | "日本語" | "jp" => "ja",
        "korean" | "kr" => "ko",
        other => crate::render::languages().find(|known| other.starts_with(known)).unwrap_or_default(),
    };
    if !meant.is_empty() {
        return Err(format!("the frame is not written in `{text}`; did you mean `{meant}`?"));
    }
    let known: Vec<_> = crate::render::languages().collect();
    Err(format!("the frame is not written in `{text}`, only in {}", known.join(", ")))
}

fn subject(text: &str) -> Result<String, String> {
    words(text)?;
    crate::render::check_subject(text)?;
    Ok(text.to_owned())
}

/// What somebody means who writes `7.30`, `7:30 pm` or `7h`.
fn time_meant(text: &str) -> Option<String> {
    let lower = text.trim().to_lowercase();
    let (clock, later) = match (lower.strip_suffix("pm"), lower.strip_suffix("am")) {
        (Some(clock), _) => (clock, 12),
        (_, Some(clock)) => (clock, 0),
        _ => (lower.as_str(), 0),
    };
    let numbers = clock.trim().replace(['.', 'h', '：', ' '], ":");
    let mut numbers = numbers.split(':').filter(|number| !number.is_empty());
    let hour: u32 = numbers.next()?.parse().ok()?;
    let minute: u32 = numbers.next().map_or(Some(0), |minute| minute.parse().ok())?;
    let hour = if hour == 12 && lower.ends_with('m') { later } else { hour + later };
    NaiveTime::from_hms_opt(hour, minute, 0).map(|time| time.format("%H:%M").to_string())
}

/// A digest's id stands in headers and on the command line.
fn plain_id(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if plain {
        Ok(text.to_owned())
    } else {
        Err(format!("`{text}` is not made of letters, digits, - and _ alone"))
    }
}
