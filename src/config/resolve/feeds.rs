//! `[[feed]]`

use std::collections::{HashMap, HashSet};

use regex::Regex;
use sha2::{Digest as _, Sha256};
use url::Url;

use super::super::document::{Table, duration};
use super::super::needs::Need;
use super::super::{FeedSettings, HeaderSource, PasswordSource, RequestSettings};
use super::Resolver;
use crate::article::{self, Filter};
use crate::model::{Content, Feed, Source};

impl Resolver<'_> {
    pub(super) fn feeds(&self) -> Vec<FeedSettings> {
        let tables = self.root.tables("feed");
        if tables.is_empty() && !self.root.has("feed") {
            self.needs(0..0, Need::Feeds);
        }
        let mut feeds: Vec<FeedSettings> = Vec::new();
        // By their ids, and by where they are.
        let (mut ids, mut places): (HashSet<String>, HashMap<String, String>) = Default::default();
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
                    &[
                        ("title", Content::Title),
                        ("excerpt", Content::Excerpt),
                        ("full", Content::Full),
                        ("fetch", Content::Fetch),
                    ],
                )
                .unwrap_or(Content::Excerpt);
            let excerpt =
                table.number("excerpt", 20..=5000).and_then(|n| usize::try_from(n).ok()).unwrap_or(200);
            let remove = remove(table);
            let cut_after = table.parsed("cut_after", "\"Read more at\"", super::words).map(|t| t.value);
            let max_age = table.parsed("max_age", "\"7d\"", duration).map(|d| d.value);
            let filter = Filter { include: patterns(table, "include"), exclude: patterns(table, "exclude") };
            let request = self.request(table);
            let command = table.parsed("filter", "\"my-filter\"", super::words).map(|c| c.value);
            let editor = self.overrides(table);
            let (Some(url), Some(source)) = (url, source) else { continue };
            // Never from the name: a feed that is renamed must stay the feed it was.
            let (id, span) = match id {
                Some(id) => (id.value.to_owned(), id.span),
                None => (default_id(url.value), url.span),
            };
            let same = places.entry(source.to_string()).or_insert_with(|| id.clone());
            if *same != id {
                self.findings.warn(
                    span.clone(),
                    format!("feed `{id}` has the address of `{same}`: what it brings comes once"),
                );
            }
            if !ids.insert(id.clone()) {
                table.wrong(
                    span,
                    format!("there is another feed `{id}`"),
                    "give each feed an `id` of its own",
                );
            }
            let feed = Feed {
                id,
                name,
                source,
                section,
                first_run,
                max_items,
                content,
                excerpt,
                remove,
                cut_after,
                max_age,
            };
            feeds.push(FeedSettings { feed, request, filter, command, editor });
        }
        feeds
    }

    fn request(&self, table: &Table<'_>) -> RequestSettings {
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
            if let HeaderSource::Kept(source) = &source {
                self.needs(value.span, Need::Secret { source: source.clone(), is_of_mail: false });
            }
            headers.push((name.value.to_owned(), source));
        }
        RequestSettings { user_agent, headers, login: self.login(table) }
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
        if let Some((scheme, rest)) = text.split_once(':')
            && let Some(meant) = meant_scheme(scheme, rest)
        {
            return Err((format!("`{scheme}` is no scheme of a feed; did you mean `{meant}`?"), example));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return match Url::parse(text) {
                Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(Source::Web(url)),
                Ok(_) => Err((format!("feeds are not read over `{scheme}`"), example)),
                Err(e) => Err((format!("`{text}` is no address: {e}"), example)),
            };
        }
        let path = self.relative(text);
        if let Some(rest) = text.strip_prefix("https//").or_else(|| text.strip_prefix("http//")) {
            return Err((format!("`{text}` lacks a colon; did you mean `https://{rest}`?"), example));
        }
        if !path.exists()
            && text.split('/').next().is_some_and(|host| host.contains(':') && host.contains('@'))
        {
            return Err(("an address with a login in it lacks its scheme".into(), example));
        }
        if text.trim().is_empty() {
            return Err(("this must not be empty".into(), example));
        }
        if !path.exists() && is_like_a_host(text) {
            return Err((format!("`{text}` has no scheme; did you mean `https://{text}`?"), example));
        }
        // What is not there today may be there tomorrow: that is a feed's trouble, not a
        // mistake that should stop all the others.
        Ok(if path.is_dir() { Source::Folder(path) } else { Source::File(path) })
    }
}

/// `htps://…`, `http:/…`, and `feed://…`, as some pages put it.
fn meant_scheme(scheme: &str, rest: &str) -> Option<String> {
    let lower = scheme.to_ascii_lowercase();
    let address = rest.trim_start_matches('/');
    let is_address = |text: &str| text.starts_with("http://") || text.starts_with("https://");
    match lower.as_str() {
        "feed" | "rss" | "itpc" | "pcast" if is_address(address) => Some(address.to_owned()),
        "feed" | "rss" | "itpc" | "pcast" => Some(format!("https://{address}")),
        "http" | "https" if rest.starts_with("//") => None,
        "http" | "https" => Some(format!("{lower}://{address}")),
        typo if rest.starts_with("//")
            && strsim::damerau_levenshtein(typo, "https") <= 2
            && typo.starts_with('h') =>
        {
            Some(format!("https://{address}"))
        }
        _ => None,
    }
}

/// Whether what is no file here looks like an address in the web.
fn is_like_a_host(text: &str) -> bool {
    let (host, path) = text.split_once('/').map_or((text, None), |(host, path)| (host, Some(path)));
    let (host, port) = host.split_once(':').map_or((host, None), |(host, port)| (host, Some(port)));
    if port.is_some_and(|port| port.parse::<u16>().is_ok()) || host.parse::<std::net::IpAddr>().is_ok() {
        return true;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let is_name = labels.len() >= 2
        && labels.iter().all(|l| !l.is_empty() && l.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let ending = labels.last().copied().unwrap_or_default().to_ascii_lowercase();
    let is_document =
        matches!(ending.as_str(), "xml" | "rss" | "atom" | "json" | "rdf" | "opml" | "md" | "html");
    let is_domain = ending.len() >= 2 && ending.chars().all(char::is_alphabetic);
    is_name && is_domain && (host.starts_with("www.") || path.is_some() || !is_document)
}

fn remove(table: &Table<'_>) -> Vec<String> {
    let mut selectors = Vec::new();
    for selector in table.strings("remove", "[\"aside\", \".promo\"]").unwrap_or_default() {
        if article::is_selector(selector.value) {
            selectors.push(selector.value.to_owned());
        } else {
            let message = format!("`{}` is no CSS selector", selector.value);
            table.wrong(selector.span, message, "such as \"aside\" or \".promo\"");
        }
    }
    selectors
}

fn patterns(table: &Table<'_>, key: &'static str) -> Vec<Regex> {
    let mut patterns = Vec::new();
    for pattern in table.strings(key, "[\"(?i)advertisement\"]").unwrap_or_default() {
        match Regex::new(pattern.value) {
            Ok(regex) => patterns.push(regex),
            Err(error) => {
                // The last line says what is wrong; those before draw it.
                let error = error.to_string();
                let why = error.lines().last().unwrap_or_default().trim_start_matches("error: ");
                let message = format!("`{}` is no regular expression: {why}", pattern.value);
                table.wrong(pattern.span, message, "such as \"(?i)advertisement\"");
            }
        }
    }
    patterns
}

/// A feed that is given no id is known by its address, less what may be secret in it.
pub(in crate::config) fn default_id(url: &str) -> String {
    let Ok(url) = Url::parse(url) else { return url.trim_end_matches('/').to_owned() };
    let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
    let address = format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path());
    let address = address.trim_end_matches('/');
    match url.query() {
        // A query may hold a key, and an id is printed everywhere.
        Some(query) => {
            let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(query));
            format!("{address}#{}", hash.chars().take(8).collect::<String>())
        }
        None => address.to_owned(),
    }
}

fn header_text(text: &str) -> Result<String, String> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii() && !c.is_ascii_control());
    if plain { Ok(text.to_owned()) } else { Err("the value of a header is a single line of ASCII".into()) }
}

fn count(table: &Table<'_>, key: &'static str, least: u64) -> Option<usize> {
    table.number(key, least..=10_000).and_then(|n| usize::try_from(n).ok())
}
