//! Mistakes in a configuration: where each stands, and what to write instead. They are
//! gathered, never thrown, so that one run of `check` shows them all.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde::Serialize;

use super::document::Kind;
use super::source;

/// One mistake in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Bytes of the file it is about; None when it is about something that is missing.
    pub span: Option<Range<usize>>,
    pub message: String,
    /// What to write instead, shown under the offending text.
    pub help: Option<String>,
}

/// Where the reader of a document puts what it finds wrong.
#[derive(Debug, Default)]
pub(super) struct Findings {
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<(Range<usize>, String)>>,
    /// What no output may show.
    secrets: RefCell<Vec<Range<usize>>>,
    /// What the tables were asked for, by their names.
    asked: RefCell<BTreeMap<String, Vec<(&'static str, Kind)>>>,
}

impl Findings {
    pub(super) fn add_problem(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    pub(super) fn add(&self, span: Range<usize>, message: impl Into<String>) {
        self.push(Some(span), message, None);
    }

    pub(super) fn add_with_help(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Some(span), message, Some(help.into()));
    }

    pub(super) fn missing(&self, message: impl Into<String>, help: impl Into<String>) {
        self.push(None, message, Some(help.into()));
    }

    fn push(&self, span: Option<Range<usize>>, message: impl Into<String>, help: Option<String>) {
        let message = source::scrubbed(&message.into());
        let help = help.map(|help| source::scrubbed(&help));
        self.problems.borrow_mut().push(Problem { span, message, help });
    }

    /// What works, and is hardly meant so.
    pub(super) fn warn(&self, span: Range<usize>, message: impl Into<String>) {
        self.warnings.borrow_mut().push((span, message.into()));
    }

    /// Notes what a table was asked for.
    pub(super) fn note_asked(&self, table: &str, asked: &[(&'static str, Kind)]) {
        let mut all = self.asked.borrow_mut();
        let known = all.entry(table.to_owned()).or_default();
        // Thousands of feeds are asked for the same.
        for new in asked {
            if !known.contains(new) {
                known.push(new.clone());
            }
        }
    }

    pub(super) fn asked(&self) -> BTreeMap<String, Vec<(&'static str, Kind)>> {
        self.asked.take()
    }

    /// Notes that what stands there is not to be shown.
    pub(super) fn hide(&self, span: Range<usize>) {
        self.secrets.borrow_mut().push(span);
    }

    pub(super) fn secrets(&self) -> Vec<Range<usize>> {
        self.secrets.take()
    }

    pub(super) fn warnings(&self) -> Vec<(Range<usize>, String)> {
        self.warnings.take()
    }

    /// In the order of the file; what is missing comes last.
    pub(super) fn into_problems(self) -> Vec<Problem> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|p| p.span.as_ref().map_or(usize::MAX, |s| s.start));
        problems
    }
}

/// A configuration that cannot be used: the file's text and everything wrong in it.
#[derive(Debug)]
pub struct Invalid {
    pub path: PathBuf,
    /// Without the secrets that stand in it.
    pub text: String,
    pub problems: Vec<Problem>,
}

/// A text with stars in place of secrets, byte for byte, so that the places of everything else hold.
pub(super) fn without_secrets(text: &str, secrets: &[Range<usize>]) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        if c != '\n' && secrets.iter().any(|secret| secret.contains(&at)) {
            shown.extend(std::iter::repeat_n('*', c.len_utf8()));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// A mistake as programs read it.
#[derive(Debug, Serialize)]
pub struct Mistake {
    /// Of the file, from one; None for what is missing.
    pub line: Option<usize>,
    /// In characters, from one.
    pub column: Option<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl Invalid {
    /// Each problem with its place.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let mistake = |problem: &Problem| {
            let before = problem.span.as_ref().and_then(|span| self.text.get(..span.start));
            let line = before.map(|before| before.matches('\n').count() + 1);
            let column = before.map(|before| before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1);
            Mistake { line, column, message: problem.message.clone(), help: problem.help.clone() }
        };
        self.problems.iter().map(mistake).collect()
    }

    /// The problems as a person reads them, each with its line underlined.
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let path = display_name(&self.path);
        let mut out = String::new();
        for problem in &self.problems {
            let mut group = Group::with_title(Level::ERROR.primary_title(problem.message.as_str()));
            match &problem.span {
                Some(span) => {
                    let mut mark = AnnotationKind::Primary.span(span.clone());
                    if let Some(help) = &problem.help {
                        mark = mark.label(help.as_str());
                    }
                    group = group
                        .element(Snippet::source(self.text.as_str()).path(path.as_str()).annotation(mark));
                }
                None => {
                    if let Some(help) = &problem.help {
                        group = group.element(Level::HELP.message(help.as_str()));
                    }
                }
            }
            out.push_str(&renderer.render(&[group]));
            out.push_str("\n\n");
        }
        let count = self.problems.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        out.push_str(&format!("{count} {noun} in {path}"));
        out
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Invalid {}

fn display_name(path: &Path) -> String {
    path.display().to_string()
}
