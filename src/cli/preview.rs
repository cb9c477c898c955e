//! `tidings preview`

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, SubsecRound, Utc};

use super::description::describe;
use super::{Common, Ending, Usage, block_on_stoppable, clock, described, print, print_bytes, report};
use crate::app::collect::{Which, collect};
use crate::app::draft::draft;
use crate::app::editor::{self, Eagerness, Stopped};
use crate::app::{App, Clock, dispatch};
use crate::config::{Config, Digest};
use crate::{model, render};

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Html,
    Text,
    /// A whole mail, as it would go to the digest's first recipient
    Eml,
    Json,
    /// A book for e-readers
    Epub,
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Text => "txt",
            Self::Eml => "eml",
            Self::Json => "json",
            Self::Epub => "epub",
        }
    }
}

#[derive(clap::Args)]
pub(super) struct Arguments {
    /// Which digest; the first by default
    digest: Option<String>,
    /// The last edition again, as it would look now, instead of the next
    #[arg(long)]
    last: bool,
    /// What to show [default: html, text on a terminal, or json with --json]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Write to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Open it in the browser or the mail program
    #[arg(long)]
    open: bool,
    /// Render again whenever the configuration or its CSS is saved
    #[arg(long)]
    watch: bool,
    /// Have the editor write what it has not yet: by itself, a preview asks it nothing
    #[arg(long)]
    editor: bool,
    /// Act as if it were this time (RFC 3339)
    #[arg(long, value_name = "TIME", value_parser = super::time, conflicts_with = "last")]
    now: Option<DateTime<Utc>>,
}

/// Between two looks at the files that are watched.
const LOOK: Duration = Duration::from_millis(300);

impl Arguments {
    /// Of a digest that is only looked at.
    pub(super) fn of_trial(out: Option<PathBuf>, open: bool) -> Self {
        let is_read = out.is_none() && !open;
        let format = is_read.then_some(Format::Text);
        Self { digest: None, format, out, open, last: false, watch: false, editor: false, now: None }
    }
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let app = App::rehearse(common.load()?)?;
    // A preview changes nothing else; but what the editor is paid for is kept.
    on(if arguments.editor { app.paying()? } else { app }, common, arguments)
}

/// The preview of an application that changes nothing.
pub(super) fn on(app: App, common: &Common, arguments: &Arguments) -> anyhow::Result<Ending> {
    let format = format(common, arguments);
    let file = destination(arguments, format)?;
    if arguments.watch && file.is_none() {
        return Err(Usage("--watch goes with --out FILE or --open".into()).into());
    }
    let mut clock = clock(arguments.now);
    block_on_stoppable(async {
        let mut ending = Ending::Done;
        if arguments.last {
            let due = app.back_to_last(digest_of(&app, arguments)?).await?;
            let due = due.ok_or_else(|| Usage("there is no edition yet".into()))?;
            clock = Clock::stopped(due);
        } else {
            for (feed, why) in collect(&app, Which::All, &clock).await?.failed() {
                tracing::warn!(feed, "feed failed: {why}");
                ending = Ending::Failed;
            }
        }
        if arguments.editor {
            write(&app, digest_of(&app, arguments)?, &clock).await?;
        }
        show(&app, common, arguments, format, file.as_deref(), &clock).await?;
        if let (Some(path), true) = (&file, arguments.open) {
            open(path)?;
        }
        if arguments.watch {
            watch(app, common, arguments, format, file.as_deref(), &clock).await?;
        }
        anyhow::Ok(ending)
    })
}

/// Nobody reads HTML on a terminal.
fn format(common: &Common, arguments: &Arguments) -> Format {
    let is_read = arguments.out.is_none() && !arguments.open && std::io::stdout().is_terminal();
    arguments.format.unwrap_or(match () {
        () if common.json => Format::Json,
        () if is_read => Format::Text,
        () => Format::Html,
    })
}

/// The file to write to, if any. One that is only to be opened is the user's alone.
fn destination(arguments: &Arguments, format: Format) -> anyhow::Result<Option<PathBuf>> {
    if arguments.out.is_some() || !arguments.open {
        return Ok(arguments.out.clone());
    }
    let file = tempfile::Builder::new()
        .prefix("tidings-")
        .suffix(&format!(".{}", format.extension()))
        .tempfile()
        .and_then(|file| Ok(file.keep()?))
        .context("cannot make a temporary file; --out names another place")?;
    Ok(Some(file.1))
}

fn digest_of<'a>(app: &'a App, arguments: &Arguments) -> anyhow::Result<&'a Digest> {
    let digests = app.digests(arguments.digest.as_deref()).map_err(Usage::from)?;
    Ok(*digests.first().ok_or_else(|| Usage("there is no digest".into()))?)
}

/// Somebody waits, and says when it is enough.
const WRITING: Duration = Duration::from_secs(3600);

/// Has the editor write.
async fn write(app: &App, digest: &Digest, clock: &Clock) -> anyhow::Result<()> {
    if digest.editor.is_none() {
        return Err(Usage("the configuration names no `[editor]`".into()).into());
    }
    let eagerness = Eagerness { patience: WRITING, briefing: true, is_wanted_now: true };
    let written = editor::write(app, digest, clock.now().trunc_subsecs(0), eagerness, clock).await?;
    if written.stopped == Some(Stopped::Budget) {
        tracing::warn!("`max_tokens_per_edition` is spent; the rest is shown as it is");
    }
    Ok(())
}

async fn show(
    app: &App,
    common: &Common,
    arguments: &Arguments,
    format: Format,
    file: Option<&Path>,
    clock: &Clock,
) -> anyhow::Result<()> {
    let mut digest = digest_of(app, arguments)?.clone();
    let first = app.config.recipients_of(&digest).next().map(|r| (r.mailbox(), r.format));
    let is_mailed = matches!(first, Some((_, model::Format::Epub)));
    digest.as_book = format == Format::Epub || (format == Format::Eml && is_mailed);
    let digest = &digest;
    let draft = draft(app, digest, clock.now().trunc_subsecs(0), clock).await?;
    let Some(draft) = draft.filter(|draft| digest.send_empty || !draft.is_empty()) else {
        tracing::warn!("nothing new for {}: no edition would be sent", digest.title);
        if format == Format::Json {
            print("null\n")?;
        }
        return Ok(());
    };
    if common.reports(true) {
        let extent = report::extent(&draft.edition.extent(), draft.has_more_in_web());
        let place = arguments.out.as_ref().map(|out| format!(", in {}", out.display())).unwrap_or_default();
        writeln!(std::io::stderr(), "{}, {extent}{place}", draft.edition.title)?;
    }
    let bytes = match format {
        Format::Html => render::in_one_file(&draft.frozen).into_bytes(),
        Format::Text => draft.frozen.text.into_bytes(),
        Format::Eml => {
            let (to, format) = first.ok_or_else(|| Usage("the digest has no recipient".into()))?;
            dispatch::message_of(app, digest, (&draft.frozen, draft.book.as_ref()), &to, format, clock.now())?
        }
        Format::Epub if file.is_none() && std::io::stdout().is_terminal() => {
            return Err(Usage("a book is for no terminal; --out names a file".into()).into());
        }
        Format::Epub => draft.book.map(|book| book.bytes).unwrap_or_default(),
        Format::Json => (serde_json::to_string_pretty(&describe(digest, &draft))? + "\n").into_bytes(),
    };
    match file {
        Some(path) => std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display())),
        None => print_bytes(&bytes),
    }
}

/// Renders again when a file is saved, for as long as nobody stops it. What is wrong in the
/// configuration is said, and the last preview stays.
async fn watch(
    mut app: App,
    common: &Common,
    arguments: &Arguments,
    format: Format,
    file: Option<&Path>,
    clock: &Clock,
) -> anyhow::Result<()> {
    let saved = |config: &Config| {
        let files = std::iter::once(&config.path).chain(&config.theme_files);
        files.map(|path| std::fs::metadata(path).and_then(|about| about.modified()).ok()).collect::<Vec<_>>()
    };
    let mut known = saved(&app.config);
    loop {
        tokio::time::sleep(LOOK).await;
        let now = saved(&app.config);
        if now == known {
            continue;
        }
        known = now;
        let reloaded = common.load().and_then(|config| Ok(app.with(config).map_err(Usage)?));
        let shown = match reloaded {
            Ok(reloaded) => {
                app = reloaded;
                known = saved(&app.config);
                show(&app, common, arguments, format, file, clock).await
            }
            Err(e) => Err(e),
        };
        if let Err(e) = shown {
            writeln!(std::io::stderr(), "{}", described(&e).1)?;
        }
    }
}

fn open(path: &Path) -> anyhow::Result<()> {
    let opener = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let status = Command::new(opener).arg(path).stdin(Stdio::null()).stdout(Stdio::null()).status();
    status.with_context(|| format!("cannot run {opener}; the preview is in {}", path.display()))?;
    Ok(())
}
