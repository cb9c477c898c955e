//! `tidings preview`

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, block_on_stoppable, clock, print, report};
use crate::app::collect::{Which, collect};
use crate::app::draft::{Draft, draft};
use crate::app::{App, dispatch};
use crate::config::Digest;
use crate::model::{Article, Story, Why};
use crate::render;

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Html,
    Text,
    /// A whole mail, as it would go to the digest's first recipient
    Eml,
    Json,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "txt",
            Self::Eml => "eml",
            Self::Json => "json",
        }
    }
}

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Which digest; the first by default
    digest: Option<String>,
    /// What to show [default: html, or json with --json]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Open it in the browser or the mail program
    #[arg(long)]
    open: bool,
    /// Act as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    now: Option<DateTime<Utc>>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let app = App::rehearse(common.load()?)?;
    let clock = clock(arguments.now);
    let digests = app.digests(arguments.digest.as_deref()).map_err(Usage::from)?;
    let digest = *digests.first().ok_or_else(|| Usage("there is no digest".into()))?;
    let format = arguments.format.unwrap_or(if common.json { Format::Json } else { Format::Html });
    let (draft, ending) = block_on_stoppable(async {
        let collected = collect(&app, Which::All, &clock).await?;
        let mut ending = Ending::Done;
        for (feed, why) in collected.failed() {
            tracing::warn!(feed, "feed failed: {why}");
            ending = Ending::Failed;
        }
        let draft = draft(&app, digest, clock.now().trunc_subsecs(0), &clock).await?;
        Ok::<_, crate::app::Error>((draft, ending))
    })?;
    let Some(draft) = draft.filter(|draft| digest.send_empty || !draft.is_empty()) else {
        tracing::warn!("nothing new for {}: no edition would be sent", digest.title);
        if format == Format::Json {
            print("null\n")?;
        }
        return Ok(ending);
    };
    if common.reports(true) {
        let extent = report::extent(&draft.edition.extent(), draft.has_pages());
        writeln!(std::io::stderr(), "{}, {extent}", draft.edition.title)?;
    }
    let text = match format {
        Format::Html => render::in_one_file(&draft.frozen),
        Format::Text => draft.frozen.text.clone(),
        Format::Eml => {
            let to = app.config.recipients_of(digest).next().map(|r| (r.mailbox(), r.format));
            let (to, format) = to.ok_or_else(|| Usage("the digest has no recipient".into()))?;
            let bytes = dispatch::message_of(&app, digest, &draft.frozen, &to, format, clock.now())?;
            String::from_utf8(bytes)?
        }
        Format::Json => serde_json::to_string_pretty(&describe(digest, &draft))? + "\n",
    };
    let out = match (&arguments.out, arguments.open) {
        (Some(path), _) => Some(path.clone()),
        (None, true) => {
            Some(std::env::temp_dir().join(format!("tidings-{}.{}", digest.id, format.extension())))
        }
        (None, false) => None,
    };
    match &out {
        Some(path) => {
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => print(&text)?,
    }
    if let (Some(path), true) = (&out, arguments.open) {
        open(path)?;
    }
    Ok(ending)
}

fn open(path: &Path) -> anyhow::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let status = Command::new(opener).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.with_context(|| format!("cannot run {opener}; the preview is in {}", path.display()))?;
    Ok(())
}

/// What `--format json` prints.
#[derive(Serialize)]
struct Description<'a> {
    digest: &'a str,
    subject: &'a str,
    sections: Vec<SectionDescription<'a>>,
    /// What earlier editions carried and has changed since.
    updated: Vec<UpdateDescription<'a>>,
    /// What is not shown since an earlier edition carried it.
    known: Vec<Repeat<'a>>,
    /// The HTML part, decoded.
    html_bytes: usize,
    left_out: Vec<Headline<'a>>,
}

#[derive(Serialize)]
struct SectionDescription<'a> {
    title: Option<&'a str>,
    stories: Vec<StoryDescription<'a>>,
}

#[derive(Serialize)]
struct StoryDescription<'a> {
    title: &'a str,
    revised: bool,
    /// The one that leads it, then the others.
    articles: Vec<ArticleDescription<'a>>,
    /// Copies of one of them, not shown.
    merged: Vec<Copy<'a>>,
}

#[derive(Serialize)]
struct Copy<'a> {
    feed: &'a str,
    title: &'a str,
    link: Option<&'a str>,
    why: String,
}

#[derive(Serialize)]
struct UpdateDescription<'a> {
    title: &'a str,
    previous_title: Option<&'a str>,
    link: Option<&'a str>,
    feed: &'a str,
}

#[derive(Serialize)]
struct Repeat<'a> {
    feed: &'a str,
    why: String,
}

#[derive(Serialize)]
struct ArticleDescription<'a> {
    feed: &'a str,
    title: &'a str,
    link: Option<&'a str>,
    published: DateTime<Utc>,
    language: Option<&'a str>,
    excerpt: &'a str,
    html: &'a str,
    /// Why it is with the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Serialize)]
struct Headline<'a> {
    title: &'a str,
    link: Option<&'a str>,
}

fn describe<'a>(digest: &'a Digest, draft: &'a Draft) -> Description<'a> {
    let story = |story: &'a Story| StoryDescription {
        title: &story.lead.title,
        revised: story.revised,
        articles: std::iter::once(article(&story.lead, None))
            .chain(story.others.iter().map(|tie| article(&tie.article, Some(tie.why))))
            .collect(),
        merged: story
            .merged
            .iter()
            .map(|tie| Copy {
                feed: &tie.article.feed,
                title: &tie.article.title,
                link: tie.article.link.as_deref(),
                why: tie.why.to_string(),
            })
            .collect(),
    };
    Description {
        digest: &digest.id,
        subject: &draft.frozen.subject,
        sections: draft
            .edition
            .sections
            .iter()
            .map(|s| SectionDescription {
                title: s.title.as_deref(),
                stories: s.stories.iter().map(|p| story(&p.story)).collect(),
            })
            .collect(),
        updated: draft
            .edition
            .updated
            .iter()
            .map(|update| UpdateDescription {
                title: &update.article.title,
                previous_title: update.previous_title.as_deref(),
                link: update.article.link.as_deref(),
                feed: &update.article.feed,
            })
            .collect(),
        known: draft.repeats.iter().map(|(feed, _, why)| Repeat { feed, why: why.to_string() }).collect(),
        html_bytes: draft.frozen.html.len(),
        left_out: draft
            .edition
            .left_out
            .iter()
            .map(|s| Headline { title: &s.lead.title, link: s.lead.link.as_deref() })
            .collect(),
    }
}

fn article(article: &Article, why: Option<Why>) -> ArticleDescription<'_> {
    ArticleDescription {
        feed: &article.feed,
        title: &article.title,
        link: article.link.as_deref(),
        published: article.published,
        language: article.language.as_deref(),
        excerpt: &article.excerpt,
        html: &article.html,
        why: why.map(|why| why.to_string()),
    }
}
