//! `tidings editor`

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use super::{Common, Ending, Usage, block_on_stoppable, print, print_json};
use crate::app::App;
use crate::app::editor::{Trial, article_of, try_out};
use crate::editor::Summaries;
use crate::text::cut;

/// A longer file is no article.
const MOST_BYTES: u64 = 10_000_000;
/// Of an answer that is not used, so much is shown.
const SHOWN: usize = 400;

#[derive(clap::Subcommand)]
pub(super) enum Action {
    /// Show what the editor makes of one article, with tokens and time, keeping nothing
    Try {
        /// An article as Markdown, as `tidings archive` writes them, or a feed, of which the first entry is taken
        file: PathBuf,
    },
}

/// What `--json` prints of each answer.
#[derive(Serialize)]
struct Answer<'a> {
    what: &'static str,
    /// What would be used.
    text: Option<&'a str>,
    /// Why nothing would.
    why: Option<&'a str>,
    /// As it came.
    answer: Option<&'a str>,
    tokens: Option<u64>,
    seconds: f64,
}

pub(super) fn run(common: &Common, action: &Action) -> anyhow::Result<Ending> {
    let Action::Try { file } = action;
    let config = common.load()?;
    if config.editor.is_none() {
        return Err(
            Usage("the configuration names no `[editor]`; add one with `url` and `model`".into()).into()
        );
    }
    let article =
        article_of(&name(file), bytes(file)?).map_err(|why| anyhow::anyhow!("{}: {why}", file.display()))?;
    let app = App::rehearse(config)?;
    let digest = app.config.digests.first().ok_or_else(|| Usage("there is no digest".into()))?.clone();
    let spoken = article.language.clone().unwrap_or_else(|| "en".into());
    let mut wishes =
        app.config.wishes(&digest, "", &spoken).ok_or_else(|| Usage("the digest has no editor".into()))?;
    if wishes.summaries == Summaries::Long {
        wishes.summaries = Summaries::All;
    }
    let trials = block_on_stoppable(try_out(&app, &article, &wishes))?;
    let answers: Vec<Answer<'_>> = trials.iter().map(Answer::of).collect();
    if common.json {
        print_json(&answers)?;
    } else if answers.is_empty() {
        let words = format!(
            "nothing to be written: it is {} and short, and `translate` and `summary` ask for no more\n",
            article
                .language
                .as_deref()
                .map_or_else(|| "in no known language".into(), |tag| format!("in {tag}"))
        );
        print(&words)?;
    } else {
        answers.iter().try_for_each(|answer| print(&answer.in_words()))?;
    }
    let is_clean = trials.iter().all(|trial| trial.result.is_ok());
    Ok(if is_clean { Ending::Done } else { Ending::Failed })
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(file).and_then(|f| f.take(MOST_BYTES).read_to_end(&mut bytes));
    read.with_context(|| format!("cannot read {}", file.display()))?;
    Ok(bytes)
}

impl<'a> Answer<'a> {
    fn of(trial: &'a Trial) -> Self {
        Self {
            what: trial.what.into(),
            text: trial.result.as_deref().ok(),
            why: trial.result.as_ref().err().map(String::as_str),
            answer: trial.answer.as_deref(),
            tokens: trial.tokens,
            seconds: trial.time.as_secs_f64(),
        }
    }

    fn in_words(&self) -> String {
        let tokens = self.tokens.map(|tokens| format!(", {tokens} tokens")).unwrap_or_default();
        let mut out = format!("{}: {:.1} s{tokens}\n", self.what, self.seconds);
        match (self.text, self.why) {
            (Some(text), _) => text.lines().for_each(|line| out.push_str(&format!("  {}\n", harmless(line)))),
            (None, why) => {
                out.push_str(&format!("  not used: {}\n", why.unwrap_or_default()));
                if let Some(answer) = self.answer {
                    out.push_str(&format!(
                        "  it answered: {}\n",
                        cut(&harmless(&answer.replace('\n', " ")), SHOWN)
                    ));
                }
            }
        }
        out
    }
}

/// Without what moves a terminal's cursor, or worse.
fn harmless(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}
