//! A line on a terminal that says how far a job is. Where nobody looks, nothing is drawn.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::Common;
use crate::app::progress::{Progress, Step};

/// A job may wait long between two mails; the line shows that it lives.
const TICK: Duration = Duration::from_millis(120);

/// Draws on stderr, if that is a terminal and nobody wants it quiet.
pub(super) fn on_terminal(common: &Common) -> Progress {
    if common.quiet || common.json || common.verbose > 0 || !std::io::stderr().is_terminal() {
        return Progress::default();
    }
    let shown: Mutex<Option<ProgressBar>> = Mutex::new(None);
    Progress::told(move |step| {
        let (done, of, what) = match step {
            Step::Polled { done, of } => (done, of, "feeds asked"),
            Step::Written { done, of } => (done, of, "questions to the editor"),
            Step::Sent { done, of } => (done, of, "mails"),
        };
        let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
        if done >= of {
            if let Some(bar) = shown.take() {
                bar.finish_and_clear();
            }
            return;
        }
        let bar = shown.get_or_insert_with(|| bar(of as u64, what));
        bar.set_position(done as u64);
    })
}

fn bar(of: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(of).with_message(what);
    // What is wrong with a template shows when it is tried; it never changes.
    if let Ok(style) = ProgressStyle::with_template("{spinner} {pos} of {len} {msg} {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}
