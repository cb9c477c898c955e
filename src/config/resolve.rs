//! What the keys of `digest.toml` mean, and what holds when they are absent.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use url::Url;

use super::document::{self, At, Table, duration, size};
use super::problem::{Findings, Invalid};
use super::{Config, Digest, Fetch, HeaderSource, Mail, Manners, Order, PasswordSource, Smtp, Transport};
use crate::deliver::Tls;
use crate::fetch::Limits;
use crate::model::{Content, Feed, Format, Mailbox, Recipient, Source};
use crate::schedule::Schedule;

const HOUR: Duration = Duration::from_secs(3600);

const EVERY_DAY: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

pub(super) fn resolve(path: &Path, text: String) -> Result<Config, Box<Invalid>> {
    let findings = Findings::default();
    let config = {
        document::parse(&text, &findings).and_then(|document| {
            let root = Table::root(&document, &findings);
            Reader { path, root: &root, findings: &findings }.config()
        })
    };
    let problems = findings.into_problems();
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(Box::new(Invalid { path: path.to_owned(), text, problems })),
    }
}

struct Reader<'a> {
    path: &'a Path,
    root: &'a Table<'a>,
    findings: &'a Findings,
}

impl Reader<'_> {
    /// The whole file. None only when something was noted.
    fn config(&self) -> Option<Config> {
        let root = self.root;
        let zone = root.parsed("timezone", "\"Europe/Berlin\"", zone).map_or_else(system_zone, |z| z.value);
        let database =
            self.relative(root.string("database", "\"tidings.db\"").map_or("tidings.db", |d| d.value));
        let mail = self.mail();
        let transport = self.transport();
        let fetch = self.fetch();
        let (feeds, manners) = self.feeds();
        let recipients = self.recipients();
        let digests = self.digests(zone, &feeds, &recipients);
        Some(Config {
            path: self.path.to_owned(),
            database,
            mail: mail?,
            transport: transport?,
            fetch,
            feeds,
            manners,
            digests,
            recipients: recipients.into_iter().map(|r| r.value).collect(),
        })
    }

    /// A path in the file is relative to the file.
    fn relative(&self, path: &str) -> PathBuf {
        match self.path.parent() {
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }

    fn mail(&self) -> Option<Mail> {
        let Some(table) = self.root.table("mail") else {
            if !self.root.has("mail") {
                self.findings.missing(
                    "nobody is named as the sender",
                    "add a `[mail]` table with `from = \"Morning News <news@example.org>\"`",
                );
            }
            return None;
        };
        let mailbox = |text: &str| text.parse::<Mailbox>();
        let from = table.parsed("from", "\"Morning News <news@example.org>\"", mailbox);
        table.lacks("from", "\"Morning News <news@example.org>\"");
        let reply_to = table.parsed("reply_to", "\"me@example.org\"", mailbox);
        let retry_for = table.parsed("retry_for", "\"24h\"", duration);
        Some(Mail {
            from: from?.value,
            reply_to: reply_to.map(|m| m.value),
            retry_for: retry_for.map_or(24 * HOUR, |d| d.value),
        })
    }

    fn transport(&self) -> Option<Transport> {
        let Some(table) = self.root.table("smtp") else {
            return Some(Transport::Folder(self.relative("outbox")));
        };
        let host = table.string("host", "\"smtp.example.org\"");
        table.lacks("host", "\"smtp.example.org\"");
        let tls = table
            .choice("tls", &[("starttls", Tls::Starttls), ("implicit", Tls::Implicit), ("none", Tls::None)]);
        let port = table.number("port", 1..=65_535).and_then(|p| u16::try_from(p).ok());
        let tls = tls.unwrap_or(if port == Some(465) { Tls::Implicit } else { Tls::Starttls });
        let port = port.unwrap_or(match tls {
            Tls::Starttls => 587,
            Tls::Implicit => 465,
            Tls::None => 25,
        });
        let login = self.login(&table);
        let is_near = host.as_ref().is_some_and(|h| is_loopback_name(h.value));
        if tls == Tls::None && login.is_some() && !is_near {
            table.wrong(
                table.span_of("username"),
                "the password would cross the network unencrypted",
                "set `tls = \"starttls\"` or `tls = \"implicit\"`",
            );
        }
        let ca_file = table.string("ca_file", "\"ca.pem\"").map(|f| self.relative(f.value));
        Some(Transport::Smtp(Smtp { host: host?.value.to_owned(), port, tls, login, ca_file }))
    }

    /// `username` and where its password is.
    fn login(&self, table: &Table<'_>) -> Option<(String, PasswordSource)> {
        let username = table.string("username", "\"news@example.org\"");
        let password = self.password(table);
        match (&username, password) {
            (Some(name), Some((source, _))) => Some((name.value.to_owned(), source)),
            (Some(_), None) if table.has("password") => None,
            (Some(name), None) => {
                table.wrong(
                    name.span.clone(),
                    "a `username` without a password",
                    "add `password_env`, `password_file` or `password_command`",
                );
                None
            }
            (None, Some((_, span))) => {
                table.wrong(span, "a password without a `username`", "add `username = \"news@example.org\"`");
                None
            }
            (None, None) => None,
        }
    }

    fn password(&self, table: &Table<'_>) -> Option<(PasswordSource, Range<usize>)> {
        let env = table
            .string("password_env", "\"SMTP_PASSWORD\"")
            .map(|t| (PasswordSource::Env(t.value.to_owned()), t.span));
        let file = table
            .string("password_file", "\"smtp.password\"")
            .map(|t| (PasswordSource::File(self.relative(t.value)), t.span));
        let command = table
            .string("password_command", "\"pass show smtp\"")
            .map(|t| (PasswordSource::Command(t.value.to_owned()), t.span));
        if table.has("password") {
            // Asked for only to say that it is not to be: the file gets shared and backed
            // up. Its line is not shown, since terminals get shared too.
            let _ = table.string("password", "");
            table.wrong_unseen(
                format!("{} holds a `password`, which does not belong in this file", table.name),
                "name where it is instead: `password_env`, `password_file` or `password_command`",
            );
        }
        let mut given: Vec<_> = [env, file, command].into_iter().flatten().collect();
        if let Some((_, span)) = given.get(1) {
            table.wrong(span.clone(), "the password is to be had from two places", "keep one of them");
        }
        if given.is_empty() { None } else { Some(given.swap_remove(0)) }
    }

    fn fetch(&self) -> Fetch {
        let defaults = Fetch { interval: HOUR, limits: Limits::default() };
        let Some(table) = self.root.table("fetch") else { return defaults };
        let limits = Limits {
            timeout: table
                .parsed("timeout", "\"20s\"", duration)
                .map_or(defaults.limits.timeout, |d| d.value),
            max_bytes: table
                .parsed("max_bytes", "\"10MB\"", size)
                .map_or(defaults.limits.max_bytes, |s| s.value),
            concurrency: table
                .number("concurrency", 1..=1000)
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or(defaults.limits.concurrency),
            allow_private: table.boolean("allow_private_networks").unwrap_or(false),
        };
        let interval = table.parsed("interval", "\"1h\"", duration).map_or(defaults.interval, |d| d.value);
        Fetch { interval, limits }
    }

    fn feeds(&self) -> (Vec<Feed>, Vec<Manners>) {
        let tables = self.root.tables("feed");
        if tables.is_empty() && !self.root.has("feed") {
            self.findings.missing(
                "no feed is named",
                "add a `[[feed]]` table with `url = \"https://example.org/feed.xml\"`",
            );
        }
        let mut feeds: Vec<Feed> = Vec::new();
        let mut all_manners = Vec::new();
        for table in &tables {
            let url = table.string("url", "\"https://example.org/feed.xml\"");
            table.lacks("url", "\"https://example.org/feed.xml\"");
            let source = url.as_ref().and_then(|url| match self.source(url.value) {
                Ok(source) => Some(source),
                Err((message, help)) => {
                    table.wrong(url.span.clone(), message, help);
                    None
                }
            });
            let id = table.string("id", "\"dw\"");
            let name = table.string("name", "\"Deutsche Welle\"").map(|n| n.value.to_owned());
            let section = table.string("section", "\"World\"").map(|s| s.value.to_owned());
            let first_run = count(table, "first_run", 0).unwrap_or(5);
            let max_items = count(table, "max_items", 1).unwrap_or(12);
            let content = table
                .choice(
                    "content",
                    &[("title", Content::Title), ("excerpt", Content::Excerpt), ("full", Content::Full)],
                )
                .unwrap_or(Content::Excerpt);
            let excerpt =
                table.number("excerpt", 20..=5000).and_then(|n| usize::try_from(n).ok()).unwrap_or(200);
            let manners = self.manners(table);
            let (Some(url), Some(source)) = (url, source) else { continue };
            // Never from the name: a feed that is renamed must stay the feed it was.
            let (id, span) = match id {
                Some(id) => (id.value.to_owned(), id.span),
                None => (default_id(url.value), url.span),
            };
            if feeds.iter().any(|f| f.id == id) {
                table.wrong(
                    span,
                    format!("there is another feed `{id}`"),
                    "give each feed an `id` of its own",
                );
            }
            all_manners.push(manners);
            feeds.push(Feed { id, name, source, section, first_run, max_items, content, excerpt });
        }
        (feeds, all_manners)
    }

    fn manners(&self, table: &Table<'_>) -> Manners {
        let user_agent = table.parsed("user_agent", "\"my-reader/1.0\"", header_text).map(|a| a.value);
        let mut headers = Vec::new();
        for (name, value) in table.string_table("headers") {
            if !name.value.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
                table.wrong(
                    name.span,
                    format!("`{}` is not the name of a header", name.value),
                    "such as X-Api-Key",
                );
                continue;
            }
            let source = if let Some(variable) = value.value.strip_prefix("env:") {
                HeaderSource::Kept(PasswordSource::Env(variable.to_owned()))
            } else if let Some(path) = value.value.strip_prefix("file:") {
                HeaderSource::Kept(PasswordSource::File(self.relative(path)))
            } else {
                HeaderSource::Plain(value.value.to_owned())
            };
            if let Err(message) = header_text(value.value) {
                table.wrong(value.span, message, "a single line of ASCII");
                continue;
            }
            headers.push((name.value.to_owned(), source));
        }
        Manners { user_agent, headers, login: self.login(table) }
    }

    fn source(&self, text: &str) -> Result<Source, (String, String)> {
        let example = "an http or https address, a file, a folder, or exec:COMMAND".to_owned();
        if let Some(command) = text.strip_prefix("exec:") {
            let folder = self.relative(".");
            return match command.trim() {
                "" => Err(("there is no command after `exec:`".into(), example)),
                command => Ok(Source::Command(command.to_owned(), folder)),
            };
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return match Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Source::Web(url)),
                Ok(_) => Err((format!("feeds are not read over `{scheme}`"), example)),
                Err(e) => Err((format!("`{text}` is no address: {e}"), example)),
            };
        }
        let path = self.relative(text);
        if path.is_dir() {
            Ok(Source::Folder(path))
        } else if path.is_file() {
            Ok(Source::File(path))
        } else {
            Err((format!("there is no file or folder {}", path.display()), example))
        }
    }

    fn recipients(&self) -> Vec<At<Recipient>> {
        let mut recipients: Vec<At<Recipient>> = Vec::new();
        for table in self.root.tables("recipient") {
            let email = table.parsed("email", "\"ada@example.org\"", |t| t.parse::<Mailbox>());
            table.lacks("email", "\"ada@example.org\"");
            let id = table.string("id", "\"ada\"").map(|i| i.value.to_owned());
            let name = table.string("name", "\"Ada\"").map(|n| n.value.to_owned());
            let format = table
                .choice("format", &[("html", Format::Html), ("text", Format::Text)])
                .unwrap_or(Format::Html);
            let Some(At { value: mailbox, span }) = email else { continue };
            let recipient = Recipient {
                id: id.unwrap_or_else(|| mailbox.address.to_string()),
                name: name.or(mailbox.name),
                email: mailbox.address,
                format,
            };
            for other in recipients.iter().map(|r| &r.value) {
                if other.email == recipient.email {
                    table.wrong(
                        span.clone(),
                        format!("{} is already a recipient", other.email),
                        "name each mailbox once",
                    );
                } else if other.id == recipient.id {
                    table.wrong(
                        span.clone(),
                        format!("there is another recipient `{}`", other.id),
                        "give each recipient an `id` of its own",
                    );
                }
            }
            recipients.push(At { value: recipient, span });
        }
        recipients
    }

    fn digests(&self, zone: Tz, feeds: &[Feed], recipients: &[At<Recipient>]) -> Vec<Digest> {
        let tables = self.root.tables("digest");
        if recipients.is_empty() && !self.root.has("recipient") {
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
                    images: true,
                    send_empty: false,
                    catch_up: 12 * HOUR,
                    to: (0..recipients.len()).collect(),
                    language: None,
                })
                .into_iter()
                .collect();
        }
        let mut digests: Vec<Digest> = Vec::new();
        for table in &tables {
            if let Some(digest) = self.digest(table, zone, feeds, recipients) {
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
        feeds: &[Feed],
        recipients: &[At<Recipient>],
    ) -> Option<Digest> {
        let id = table.parsed("id", "\"morning\"", plain_id);
        let title = table.string("title", "\"Morning News\"");
        let subject = table.parsed("subject", "\"{title} · {date}\"", subject);
        let zone = table.parsed("timezone", "\"Europe/Berlin\"", zone).map_or(zone_of_all, |z| z.value);
        let schedule = self.schedule(table);
        let feeds = self.feeds_of(table, feeds);
        let to = self.recipients_of(table, recipients);
        let order = table
            .choice("order", &[("newest", Order::Newest), ("feed", Order::Feed)])
            .unwrap_or(Order::Newest);
        let max_html = table
            .parsed("max_html", "\"90kB\"", |t| match size(t)? {
                n if n < 20_000 => Err("an edition needs at least 20kB".into()),
                n => usize::try_from(n).map_err(|e| e.to_string()),
            })
            .map_or(DEFAULT_MAX_HTML, |n| n.value);
        let images = table.choice("images", &[("first", true), ("none", false)]).unwrap_or(true);
        let send_empty = table.boolean("send_empty").unwrap_or(false);
        let catch_up = table.parsed("catch_up", "\"12h\"", duration).map_or(12 * HOUR, |d| d.value);
        let language = table.parsed("language", "\"en\"", language).map(|l| l.value);
        Some(Digest {
            id: id.map_or_else(|| "daily".into(), |i| i.value),
            title: title.map_or("Daily Tidings", |t| t.value).to_owned(),
            subject: subject.map_or_else(|| DEFAULT_SUBJECT.into(), |s| s.value),
            schedule: schedule?,
            zone,
            feeds,
            order,
            max_html,
            images,
            send_empty,
            catch_up,
            to,
            language,
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
        let mut times = Vec::new();
        for text in at.unwrap_or_default() {
            match NaiveTime::parse_from_str(text.value, "%H:%M") {
                Ok(time) => times.push(time),
                Err(_) => table.wrong(
                    text.span,
                    format!("`{}` is not a time of day", text.value),
                    "write hours and minutes, such as \"07:30\"",
                ),
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
                    Err(_) => table.wrong(
                        text.span,
                        format!("`{day}` is not a day"),
                        "mon, tue, wed, thu, fri, sat, sun, daily, weekdays or weekends",
                    ),
                },
            }
        }
        if !table.has("days") {
            weekdays.extend(EVERY_DAY);
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

    fn feeds_of(&self, table: &Table<'_>, feeds: &[Feed]) -> Vec<usize> {
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
                .filter(|(_, feed)| match name.strip_prefix("section:") {
                    Some(section) => feed.section.as_deref() == Some(section),
                    None => feed.id == name,
                })
                .map(|(index, _)| index)
                .collect();
            if matching.is_empty() {
                let sections = feeds.iter().filter_map(|f| f.section.as_ref());
                let known: Vec<_> = feeds
                    .iter()
                    .map(|f| f.id.clone())
                    .chain(sections.map(|s| format!("section:{s}")))
                    .collect();
                let known: Vec<_> = known.iter().map(String::as_str).collect();
                let message = match name.strip_prefix("section:") {
                    Some(section) => format!("no feed is in the section `{section}`"),
                    None => format!("there is no feed `{name}`"),
                };
                table.wrong(span, message, nearest(name, &known));
            }
            chosen.extend(matching);
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }

    fn recipients_of(&self, table: &Table<'_>, recipients: &[At<Recipient>]) -> Vec<usize> {
        let Some(names) = table.strings("to", "[\"ada\"]") else {
            return (0..recipients.len()).collect();
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
            let found = recipients.iter().position(|r| r.value.id == name || r.value.email.as_str() == name);
            match found {
                Some(index) => chosen.push(index),
                None => {
                    let known: Vec<_> = recipients.iter().map(|r| r.value.id.as_str()).collect();
                    table.wrong(span, format!("there is no recipient `{name}`"), nearest(name, &known));
                }
            }
        }
        chosen.sort_unstable();
        chosen.dedup();
        chosen
    }
}

const DEFAULT_SUBJECT: &str = "{title} · {date} · {count}";
/// Gmail clips a mail near 102 kB; this leaves room for what forwarding adds.
const DEFAULT_MAX_HTML: usize = 90_000;

fn morning() -> NaiveTime {
    NaiveTime::from_hms_opt(7, 30, 0).unwrap_or_default()
}

fn zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        let names: Vec<_> = chrono_tz::TZ_VARIANTS.iter().map(|z| z.name()).collect();
        format!("`{text}` is not a time zone; {}", nearest(text, &names))
    })
}

/// The machine's own zone, UTC where it does not say.
fn system_zone() -> Tz {
    iana_time_zone::get_timezone().ok().and_then(|name| name.parse().ok()).unwrap_or(Tz::UTC)
}

fn language(text: &str) -> Result<String, String> {
    if crate::render::speaks(text) {
        Ok(text.to_owned())
    } else {
        Err(format!("the frame is not written in `{text}`, only in {}", crate::render::LANGUAGES.join(", ")))
    }
}

fn subject(text: &str) -> Result<String, String> {
    crate::render::check_subject(text)?;
    Ok(text.to_owned())
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

/// A feed that is given no id is known by its address, less the scheme.
fn default_id(url: &str) -> String {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest);
    address.trim_end_matches('/').to_owned()
}

fn header_text(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
    if plain { Ok(text.to_owned()) } else { Err("the value of a header is a single line of ASCII".into()) }
}

fn is_loopback_name(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn count(table: &Table<'_>, key: &'static str, least: u64) -> Option<usize> {
    table.number(key, least..=10_000).and_then(|n| usize::try_from(n).ok())
}

fn nearest(name: &str, known: &[&str]) -> String {
    let close = known
        .iter()
        .map(|k| (strsim::jaro_winkler(&name.to_lowercase(), &k.to_lowercase()), k))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(score, _)| *score > 0.75);
    match close {
        Some((_, close)) => format!("did you mean `{close}`?"),
        None if known.len() <= 8 && !known.is_empty() => format!("one of {}", known.join(", ")),
        None => "see its spelling where it is defined".into(),
    }
}
