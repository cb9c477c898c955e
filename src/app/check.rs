//! Whether everything outside is as the configuration says: each feed, and the way out.
//! Nothing is stored and nothing is sent.

use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::task::JoinSet;

use super::collect::read;
use super::{App, Error};
use crate::config::{FeedSettings, Transport};
use crate::fetch::{Answer, Body, Fetched, Validators};

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    pub what: String,
    pub ok: bool,
    pub said: String,
}

/// Reads every feed once and logs in to the mail server.
///
/// # Errors
/// When the password is not where the configuration says.
pub async fn check(app: &App, now: DateTime<Utc>) -> Result<Vec<Finding>, Error> {
    let mut feeds = JoinSet::new();
    for (place, settings) in app.config.feeds.iter().cloned().enumerate() {
        let FeedSettings { feed, request, .. } = settings;
        let app = app.clone();
        feeds.spawn(async move {
            let Answer { fetched, meta, .. } = match request.resolve(&feed.source).await {
                Ok(request) => app.fetcher.fetch(&feed.source, &Validators::default(), &request, now).await,
                Err(why) => Answer::failed(why),
            };
            let (ok, mut said) = match fetched {
                Fetched::Changed { body, .. } => entries(&body),
                Fetched::Unchanged => (true, "unchanged".into()),
                Fetched::Throttled(_) => (false, "the server asks to be left alone for a while".into()),
                Fetched::Gone => (false, "the server says that it is gone for good (410)".into()),
                Fetched::Failed(why) | Fetched::Unreachable(why) => (false, why),
            };
            if let Some(moved_to) = meta.moved_to {
                said.push_str(&format!("; it has moved to {moved_to}"));
            }
            (place, Finding { what: format!("feed {}", feed.id), ok, said })
        });
    }
    let mut findings = feeds.join_all().await;
    findings.sort_by_key(|(place, _)| *place);
    let mut findings: Vec<_> = findings.into_iter().map(|(_, finding)| finding).collect();
    findings.push(way_out(app).await?);
    if !app.config.dkim.is_empty() {
        let (ok, said) = match app.signers() {
            Ok(_) => (true, "the mails are signed".into()),
            Err(e) => (false, e.to_string()),
        };
        findings.push(Finding { what: "dkim".into(), ok, said });
    }
    Ok(findings)
}

fn entries(body: &Body) -> (bool, String) {
    match read(body) {
        Ok(feed) => match feed.entries.len() {
            1 => (true, "1 entry".into()),
            n => (true, format!("{n} entries")),
        },
        Err(why) => (false, why),
    }
}

async fn way_out(app: &App) -> Result<Finding, Error> {
    let (what, fine) = match &app.config.transport {
        Transport::Smtp(smtp) => (
            format!("smtp {}:{}", smtp.host, smtp.port),
            if smtp.login.is_some() { "logged in" } else { "answers" },
        ),
        Transport::Sendmail(command) => {
            let program = command.split_whitespace().next().unwrap_or_default();
            let ok = is_program(program);
            let said = if ok { "is there".into() } else { format!("there is no program `{program}`") };
            return Ok(Finding { what: format!("sendmail {command}"), ok, said });
        }
        // The folder is made when the first mail is written, not by looking.
        Transport::Folder(path) => {
            let ok = path.is_dir() || !path.exists();
            let said = if ok { "written to" } else { "cannot be written: there is a file in the place of" };
            return Ok(Finding {
                what: "mails".into(),
                ok,
                said: format!("{said} {} (no [smtp] configured)", path.display()),
            });
        }
    };
    match app.courier().await?.connect().await {
        Ok(session) => {
            session.close().await;
            Ok(Finding { what, ok: true, said: fine.into() })
        }
        Err(e) => Ok(Finding { what, ok: false, said: e.to_string() }),
    }
}

fn is_program(name: &str) -> bool {
    if name.contains('/') {
        return Path::new(name).is_file();
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(name).is_file()))
}
