//! Whether everything outside is as the configuration says: each feed, and the way out.
//! Nothing is stored and nothing is sent.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::task::JoinSet;

use super::collect::read;
use super::progress::Step;
use super::{App, Error};
use crate::article::{self, FeedBoilerplate};
use crate::compose;
use crate::config::{Config, Digest, FeedSettings, Transport, is_loopback_name};
use crate::deliver::Courier;
use crate::deliver::dkim::Signer;
use crate::deliver::dns::{Dns, Verdict};
use crate::fetch::{Answer, Fetched, Validators};
use crate::files;
use crate::model::{Feed, Images, ParsedFeed};
use crate::render;

/// An edition needs so much room at least.
const LEAST_FREE: u64 = 2_000_000;
/// For each step of the conversation with the mail server.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many of a feed's entries say what language it is in.
const SAMPLE: usize = 12;

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub what: String,
    pub ok: bool,
    pub said: String,
}

/// Reads every feed once, logs in to the mail server, and asks DNS about the sender's domain: `server`, or
/// the machine's own.
///
/// # Errors
/// When the password is not where the configuration says.
pub async fn check(app: &App, server: Option<SocketAddr>, now: DateTime<Utc>) -> Result<Vec<Finding>, Error> {
    let mut feeds = JoinSet::new();
    for (place, settings) in app.config.feeds.iter().cloned().enumerate() {
        let FeedSettings { feed, request, .. } = settings;
        let app = app.clone();
        feeds.spawn(async move {
            let Answer { fetched, meta, .. } = match request.resolve(&feed.source).await {
                Ok(request) => app.fetcher.fetch(&feed.source, &Validators::default(), &request, now).await,
                Err(why) => Answer::failed(why),
            };
            let mut languages = Vec::new();
            let (ok, mut said) = match fetched {
                Fetched::Changed { body, .. } => match read(&body) {
                    Ok(parsed) => {
                        languages = languages_of(&feed, &parsed, now);
                        let entries = entries(parsed.entries.len());
                        if parsed.is_cut {
                            (
                                false,
                                format!("it is cut off after {entries}: the server did not send all of it"),
                            )
                        } else {
                            (true, entries)
                        }
                    }
                    Err(why) => (false, why),
                },
                Fetched::Unchanged => (true, "unchanged".into()),
                other => (false, other.failure(now).unwrap_or_default()),
            };
            if let Some(moved_to) = meta.moved_to {
                said.push_str(&format!("; it has moved to {moved_to}"));
            }
            (place, Finding { what: format!("feed {}", feed.id), ok, said }, languages)
        });
    }
    let (mut looked_at, of) = (Vec::new(), feeds.len());
    app.progress.at(Step::Polled { done: 0, of });
    while let Some(finding) = feeds.join_next().await {
        looked_at.push(finding.map_err(|_| Error::Interrupted)?);
        app.progress.at(Step::Polled { done: looked_at.len(), of });
    }
    looked_at.sort_by_key(|(place, ..)| *place);
    let (mut findings, languages): (Vec<_>, Vec<_>) =
        looked_at.into_iter().map(|(_, finding, languages)| (finding, languages)).unzip();
    findings.extend(frames(&app.config, &languages));
    // Named already, and nothing leaves without it.
    if app.config.unmet().any(|unmet| unmet.stops_mail) {
        return Ok(findings);
    }
    findings.extend(storage(app));
    let way_out = way_out(app).await?;
    let is_open = way_out.ok;
    findings.push(way_out);
    let signers = match app.signers() {
        Ok(signers) => signers,
        Err(e) => {
            findings.push(Finding { what: "dkim".into(), ok: false, said: e.to_string() });
            return Ok(findings);
        }
    };
    if !signers.is_empty() {
        findings.push(Finding { what: "dkim".into(), ok: true, said: "the mails are signed".into() });
    }
    // What goes into a folder is nobody's to judge, and one thing comes after the other.
    if is_open && !matches!(app.config.transport, Transport::Folder(_)) {
        findings.extend(domain(app, &signers, server).await);
    }
    Ok(findings)
}

/// What would keep the database from being written, if anything.
fn storage(app: &App) -> Option<Finding> {
    let database = &app.config.database;
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let failed =
        |said: String| Some(Finding { what: format!("database {}", database.display()), ok: false, said });
    if database.exists() && !files::is_writable(database) {
        return failed("it cannot be written by this user".into());
    }
    if !files::is_writable(folder) {
        return failed(format!("its folder {} cannot be written by this user", folder.display()));
    }
    match files::free_space(database) {
        Some(free) if free < LEAST_FREE => failed(format!("only {} kB are free on its disk", free / 1000)),
        _ => None,
    }
}

/// What DNS says of the sender's domain.
async fn domain(app: &App, signers: &[Signer], server: Option<SocketAddr>) -> Vec<Finding> {
    let sender = app.config.mail.from.address.domain().to_owned();
    let what = |record: &str| format!("dns {sender} {record}");
    let dns = match Dns::new(server) {
        Ok(dns) => dns,
        Err(why) => {
            let said = format!("warning: DNS cannot be asked: {why}");
            return vec![Finding { what: format!("dns {sender}"), ok: true, said }];
        }
    };
    let host = match &app.config.transport {
        // What this machine calls itself means nothing to others.
        Transport::Smtp(smtp) => Some(smtp.host.as_str()).filter(|host| !is_loopback_name(host)),
        _ => None,
    };
    let envelope = app.config.mail.envelope_sender(None).domain().to_owned();
    let mut verdicts = vec![(what("SPF"), dns.spf(&envelope, host).await)];
    // Where nobody answers, one question is enough.
    if verdicts.iter().all(|(_, verdict)| verdict.is_ok()) {
        verdicts.push((what("DMARC"), dns.dmarc(&sender).await));
        for signer in signers {
            verdicts.push((what("DKIM"), dns.dkim(signer).await));
        }
    }
    let finding = |(what, verdict): (String, Result<Verdict, String>)| match verdict {
        Ok(Verdict::Right(said)) => Finding { what, ok: true, said },
        Ok(Verdict::Lacking(said)) => Finding { what, ok: true, said: format!("warning: {said}") },
        Ok(Verdict::Wrong(said)) => Finding { what, ok: false, said },
        Err(why) => Finding { what, ok: true, said: format!("warning: DNS did not answer: {why}") },
    };
    verdicts.into_iter().map(finding).collect()
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}

/// The languages of a feed's newest entries.
fn languages_of(feed: &Feed, parsed: &ParsedFeed, now: DateTime<Utc>) -> Vec<Option<String>> {
    let (outlet, language) = (parsed.title.as_deref(), parsed.language.as_deref());
    let boilerplate = FeedBoilerplate::default();
    let newest = parsed.entries.iter().take(SAMPLE);
    newest
        .map(|entry| article::read(entry, feed, outlet, language, &boilerplate, Images::None, now).language)
        .collect()
}

/// The language of each digest's frame where nobody has set it, by what its feeds have now.
/// `languages` are those of each feed's entries.
fn frames(config: &Config, languages: &[Vec<Option<String>>]) -> Vec<Finding> {
    let frame = |digest: &Digest| {
        let of_feed = |i: &usize| {
            let (feed, languages) = (config.feeds.get(*i)?, languages.get(*i)?);
            Some(languages.iter().map(|language| (feed.feed.id.as_str(), language.as_deref())))
        };
        let spoken: Vec<_> = digest.feeds.iter().filter_map(of_feed).flatten().collect();
        if spoken.is_empty() {
            return None;
        }
        let ids: Vec<&str> = config.feeds_of(digest).map(|settings| settings.feed.id.as_str()).collect();
        let language = compose::prevailing_language(&spoken, &digest.title, &ids, article::language_among);
        let said = if render::speaks(&language) {
            format!(
                "date, links and footer are in the language of most of its articles (`{language}`), unless `language` in its [[digest]] says another"
            )
        } else {
            format!(
                "date, links and footer are in English, since they are not known in `{language}`; `language` in its [[digest]] says another"
            )
        };
        Some(Finding { what: format!("digest {}", digest.id), ok: true, said })
    };
    config.digests.iter().filter(|digest| digest.language.is_none()).filter_map(frame).collect()
}

async fn way_out(app: &App) -> Result<Finding, Error> {
    let fine = match &app.config.transport {
        Transport::Smtp(smtp) => {
            let server = format!("{}:{}", smtp.host, smtp.port);
            if smtp.login.is_some() {
                format!("logged in at {server}, which")
            } else {
                format!("{server} answers, and")
            }
        }
        Transport::Sendmail(command) => {
            let program = command.split_whitespace().next().unwrap_or_default();
            let ok = is_program(program);
            let said = if ok { "is there".into() } else { format!("there is no program `{program}`") };
            return Ok(Finding { what: format!("sendmail {command}"), ok, said });
        }
        // The folder is made when the first mail is written, not by looking.
        Transport::Folder(path) => {
            let is_free = path.is_dir() || !path.exists();
            let ok = is_free && (!path.exists() || files::is_writable(path));
            let said = match (is_free, ok) {
                (_, true) => "written to",
                (true, false) => "this user cannot write to",
                (false, _) => "cannot be written: there is a file in the place of",
            };
            return Ok(Finding {
                what: "mails".into(),
                ok,
                said: format!("{said} {} (no [smtp] configured)", path.display()),
            });
        }
    };
    let sender = app.config.mail.envelope_sender(None);
    let mut courier = app.courier().await?;
    if let Courier::Smtp(relay) = &mut courier {
        // Somebody waits for the answer.
        relay.timeout = relay.timeout.min(PATIENCE);
    }
    let tried = match courier.connect().await {
        Ok(mut session) => {
            let taken = session.takes_sender(&sender).await;
            session.close().await;
            taken
        }
        Err(e) => Err(e),
    };
    let (ok, said) = match tried {
        Ok(()) => (true, format!("{fine} takes mails from {sender}")),
        Err(e) => (false, e.to_string()),
    };
    Ok(Finding { what: "smtp".into(), ok, said })
}

fn is_program(name: &str) -> bool {
    if name.contains('/') {
        return Path::new(name).is_file();
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
