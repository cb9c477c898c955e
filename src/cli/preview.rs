//! `tidings preview`

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context;
use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;

use super::{Common, Ending, Usage, clock, print, runtime};
use crate::app::collect::{Which, collect};
use crate::app::draft::{Draft, draft};
use crate::app::{App, dispatch};
use crate::config::Digest;
use crate::model::{Article, Story};

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
    /// Believe that it is this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time)]
    now: Option<DateTime<Utc>>,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let app = App::rehearse(common.load()?)?;
    let clock = clock(arguments.now);
    let digests = app.digests(arguments.digest.as_deref()).map_err(Usage::from)?;
    let digest = *digests.first().ok_or_else(|| Usage("there is no digest".into()))?;
    let format = arguments.format.unwrap_or(if common.json { Format::Json } else { Format::Html });
    let (draft, ending) = runtime()?.block_on(async {
        let collected = collect(&app, Which::All, clock).await?;
        let mut ending = Ending::Done;
        for (feed, why) in collected.failed() {
            tracing::warn!(feed, "feed failed: {why}");
            ending = Ending::Failed;
        }
        let draft = draft(&app, digest, clock.now().trunc_subsecs(0), clock).await?;
        Ok::<_, crate::app::Error>((draft, ending))
    })?;
    let Some(draft) = draft else {
        tracing::warn!("nothing new for {}: no edition would be sent", digest.title);
        if format == Format::Json {
            print("null\n")?;
        }
        return Ok(ending);
    };
    let text = match format {
        Format::Html => draft.frozen.html.clone(),
        Format::Text => draft.frozen.text.clone(),
        Format::Eml => {
            let to = app.config.recipients_of(digest).first().map(|r| (r.mailbox(), r.format));
            let (to, format) = to.ok_or_else(|| Usage("the digest has no recipient".into()))?;
            let bytes = dispatch::copy(&app, digest, &draft.frozen, &to, format, clock.now())?;
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
    articles: Vec<ArticleDescription<'a>>,
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
}

#[derive(Serialize)]
struct Headline<'a> {
    title: &'a str,
    link: Option<&'a str>,
}

fn describe<'a>(digest: &'a Digest, draft: &'a Draft) -> Description<'a> {
    let story = |story: &'a Story| StoryDescription {
        title: &story.lead.title,
        articles: story.articles().map(article).collect(),
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
        html_bytes: draft.frozen.html.len(),
        left_out: draft
            .edition
            .left_out
            .iter()
            .map(|s| Headline { title: &s.lead.title, link: s.lead.link.as_deref() })
            .collect(),
    }
}

fn article(article: &Article) -> ArticleDescription<'_> {
    ArticleDescription {
        feed: &article.feed,
        title: &article.title,
        link: article.link.as_deref(),
        published: article.published,
        language: article.language.as_deref(),
        excerpt: &article.excerpt,
        html: &article.html,
    }
}
